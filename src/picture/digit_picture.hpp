// Any picture of a digit as one of those that the network knows.
#pragma once

#include <array>
#include <cstdint>

#include "picture/gray_picture.hpp"

namespace mnist {

constexpr int digit_side = 28;
using DigitPicture = std::array<std::uint8_t, digit_side * digit_side>;  // 0 paper, 255 ink

// Finds a digit, dark on light or light on dark, on paper that may be uneven, and scales and places
// it as MNIST's are. All 0 where there is no ink. The page has a twin of this function,
// data/page/digit_picture.js, which gives the same bytes.
DigitPicture digit_picture(const GrayPicture& picture);

}  // namespace mnist
