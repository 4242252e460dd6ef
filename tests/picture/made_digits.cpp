// Prints pictures, each as width and height (32 bits, little-endian), its pixels, and the 784 bytes
// that digit_picture() makes of them.
#include <algorithm>
#include <cstdio>

#include "picture/digit_picture.hpp"
#include "picture/drawn_digits.hpp"

namespace {

void print(const mnist::GrayPicture& picture) {
  for (const int side : {picture.width, picture.height})
    for (int shift = 0; shift < 32; shift += 8) std::putchar(side >> shift & 0xff);
  std::fwrite(picture.pixels.data(), 1, picture.pixels.size(), stdout);
  const mnist::DigitPicture digit = mnist::digit_picture(picture);
  std::fwrite(digit.data(), 1, digit.size(), stdout);
}

}  // namespace

int main() {
  for (std::uint32_t number = 0; number < 120; ++number)
    for (const mnist::Paper paper : mnist::every_paper)
      print(mnist::drawn_digit(number, paper).picture);
  // Sizes that nobody draws in, and more noise than digit.
  for (const int width : {1, 2, 3, 19, 28, 401, 1500})
    for (const int height : {1, 2, 5, 31, 400}) {
      const auto size = static_cast<std::size_t>(width * height);
      mnist::GrayPicture picture{width, height, std::vector<std::uint8_t>(size)};
      std::uint32_t random = static_cast<std::uint32_t>(size);
      std::ranges::generate(picture.pixels, [&] {
        random = random * 1664525 + 1013904223;
        return static_cast<std::uint8_t>(random >> 24);
      });
      print(picture);
      std::ranges::fill(picture.pixels, std::uint8_t{200});
      print(picture);
    }
}
