// A grey picture of any size.
#pragma once

#include <cstdint>
#include <vector>

namespace mnist {

struct GrayPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // width * height, row by row; 0 black, 255 white
};

}  // namespace mnist
