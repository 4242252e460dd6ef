// The bytes of picture files as pixels: one file a format, each by the library that is at home in
// it.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace mnist {

struct ColorPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // width * height * 4, row by row: red, green, blue, alpha
};

// what() says why there are no pixels, to follow the name of the file: "is cut short".
struct Undecodable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using FileBytes = std::span<const std::uint8_t>;

// Each throws Undecodable where the bytes are damaged, cut short, of a kind that is not read, or
// declare more than the 50 million pixels that a picture may have; no memory is taken before.
ColorPicture decode_png(FileBytes bytes);
ColorPicture decode_jpeg(FileBytes bytes);
ColorPicture decode_bmp(FileBytes bytes);

// All black and transparent. Throws Undecodable where it would be too large.
ColorPicture blank_color_picture(std::int64_t width, std::int64_t height);

}  // namespace mnist
