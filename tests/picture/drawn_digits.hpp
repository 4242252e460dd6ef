// Pictures of digits as people draw and photograph them, made up for the tests.
#pragma once

#include <cstdint>

#include "picture/gray_picture.hpp"

namespace mnist {

struct DrawnDigit {
  int digit = 0;
  GrayPicture picture;
};

// How hard a picture is made to read.
enum class Paper {
  plain,     // a paint program's: one shade of paper, one of ink, dark on light or light on dark
  uneven,    // a camera's: gradients, a shadow, noise, specks, now and then a cut edge of the paper
  squared,   // the same, and lined or squared
  on_table,  // uneven, a sheet that lies wholly in the picture, straight or not
  shaded,    // uneven, a part of it in a deep shadow with a sharp edge, and a weak pen
};
constexpr Paper every_paper[] = {Paper::plain, Paper::uneven, Paper::squared, Paper::on_table,
                                 Paper::shaded};

// The same for the same arguments: `number` varies hand, pen, place, size, slant and light; its
// last decimal digit is the digit.
DrawnDigit drawn_digit(std::uint32_t number, Paper paper);

}  // namespace mnist
