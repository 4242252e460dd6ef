// Draws the picture of the README: for each digit two rows of the synthetic training set.
// synthetic_sheet FILE.png
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

#include "dataset/synthetic_digits.hpp"

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fputs("usage: synthetic_sheet FILE.png\n", stderr);
    return 2;
  }
  constexpr int columns = 30, rows_per_digit = 2, side = 28;
  constexpr int width = columns * side;
  constexpr int height = mnist::class_count * rows_per_digit * side;
  const mnist::Dataset digits = mnist::synthetic_digits(2).training;
  std::vector<std::uint8_t> sheet(static_cast<std::size_t>(width) * height);
  int drawn[mnist::class_count] = {};
  for (std::size_t index = 0; index < digits.size(); ++index) {
    const int digit = digits.labels[index];
    const int place = drawn[digit]++;
    if (place >= columns * rows_per_digit) continue;
    const int top = (digit * rows_per_digit + place / columns) * side;
    const int left = place % columns * side;
    for (int row = 0; row < side; ++row)
      std::copy_n(
          digits.pixels.begin() + static_cast<std::ptrdiff_t>(index) * side * side + row * side,
          side, sheet.begin() + static_cast<std::ptrdiff_t>(top + row) * width + left);
  }
  return stbi_write_png(arguments[1], width, height, 1, sheet.data(), width) != 0 ? 0 : 1;
}
