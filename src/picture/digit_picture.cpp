// Whole numbers only, and function by function as in data/page/digit_picture.js: change both.
#include "picture/digit_picture.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "picture/ink.hpp"

namespace mnist {
namespace {

using Whole = std::int64_t;

// How far strokes have to grow on each side, or to shrink where that is negative, to be as thick as
// most of MNIST's. A stroke's area is length * thickness, its outline 2 * length, which steps of
// pixels make 14 / 11 (4 / pi) longer.
int lacking(const GrayPicture& digit, int thinnest, int thickest) {
  Whole area = 0;
  Whole outline = 0;
  for (int y = 0; y <= digit.height; ++y)
    for (int x = 0; x <= digit.width; ++x) {
      const bool inside = at_or_0(digit, x, y) >= 128;
      area += inside;
      outline += inside != (at_or_0(digit, x - 1, y) >= 128);
      outline += inside != (at_or_0(digit, x, y - 1) >= 128);
    }
  if (outline == 0) return 0;
  const Whole thickness = 28 * area / (11 * outline);
  if (thickness < thinnest) return static_cast<int>((thinnest - thickness + 1) / 2);
  if (thickness > thickest) return -static_cast<int>((thickness - thickest) / 2);
  return 0;
}

// Each pixel becomes the most within a circle, or the least where the radius is negative.
GrayPicture grown(const GrayPicture& from, int radius) {
  const int reach = std::abs(radius);
  GrayPicture to =
      blank(std::max(1, from.width + 2 * radius), std::max(1, from.height + 2 * radius));
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      int value = radius < 0 ? 255 : 0;
      for (int down = -reach; down <= reach; ++down)
        for (int right = -reach; right <= reach; ++right) {
          if (right * right + down * down > reach * reach) continue;
          const int other = at_or_0(from, x - radius + right, y - radius + down);
          value = radius < 0 ? std::min(value, other) : std::max(value, other);
        }
      set(to, x, y, value);
    }
  return to;
}

Whole sum_of(const GrayPicture& picture) {
  Whole sum = 0;
  for (const std::uint8_t pixel : picture.pixels) sum += pixel;
  return sum;
}

// With its centre of mass in the middle.
DigitPicture centred(const GrayPicture& digit) {
  Whole sum_x = 0;
  Whole sum_y = 0;
  for (int y = 0; y < digit.height; ++y)
    for (int x = 0; x < digit.width; ++x) {
      sum_x += Whole{x} * at(digit, x, y);
      sum_y += Whole{y} * at(digit, x, y);
    }
  const Whole mass = std::max(Whole{1}, sum_of(digit));
  const auto offset = [&](Whole sum, int length) {
    const Whole middle = digit_side / 2 - (2 * sum + mass) / (2 * mass);
    return static_cast<int>(std::clamp(middle, Whole{0}, Whole{digit_side - length}));
  };
  const int left = offset(sum_x, digit.width);
  const int top = offset(sum_y, digit.height);
  DigitPicture picture{};
  for (int y = 0; y < digit.height; ++y)
    for (int x = 0; x < digit.width; ++x)
      picture[static_cast<std::size_t>((top + y) * digit_side + left + x)] =
          static_cast<std::uint8_t>(at(digit, x, y));
  return picture;
}

}  // namespace

DigitPicture digit_picture(const GrayPicture& picture) {
  constexpr int working_side = 400;
  constexpr int fine_side = 100;  // where strokes grow
  constexpr int thinnest = 11;    // strokes, of that
  constexpr int thickest = 14;
  constexpr int box_side = 20;
  if (picture.pixels.empty()) return {};
  const GrayPicture digit = digit_in_ink(shrunk(picture, working_side));
  if (digit.pixels.empty()) return {};
  const GrayPicture fine = fitted(digit, all_of(digit), fine_side);
  const GrayPicture strokes = grown(fine, lacking(fine, thinnest, thickest));
  return centred(fitted(strokes, all_of(strokes), box_side));
}

}  // namespace mnist
