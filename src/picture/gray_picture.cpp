// Whole numbers only, and function by function as in data/page/digit_picture.js: change both.
#include "picture/gray_picture.hpp"

#include <algorithm>

namespace mnist {
namespace {

using Whole = std::int64_t;

}  // namespace

GrayPicture blank(int width, int height) {
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {width, height, std::vector<std::uint8_t>(size)};
}

Box all_of(const GrayPicture& picture) { return {0, 0, picture.width, picture.height}; }

GrayPicture resized(const GrayPicture& from, const Box& box, int width, int height) {
  GrayPicture to = blank(width, height);
  const Whole area = Whole{box.width} * box.height;
  for (int y = 0; y < height; ++y) {
    const Whole top = Whole{y} * box.height;  // in rows / height
    const Whole bottom = top + box.height;
    for (int x = 0; x < width; ++x) {
      const Whole left = Whole{x} * box.width;  // in columns / width
      const Whole right = left + box.width;
      Whole sum = 0;
      for (Whole row = top / height; row * height < bottom; ++row) {
        const Whole rows = std::min((row + 1) * height, bottom) - std::max(row * height, top);
        for (Whole column = left / width; column * width < right; ++column) {
          const Whole columns =
              std::min((column + 1) * width, right) - std::max(column * width, left);
          sum += rows * columns *
                 at(from, box.left + static_cast<int>(column), box.top + static_cast<int>(row));
        }
      }
      set(to, x, y, (2 * sum + area) / (2 * area));
    }
  }
  return to;
}

GrayPicture fitted(const GrayPicture& from, const Box& box, int side) {
  const int longest = std::max(box.width, box.height);
  const auto scaled = [&](Whole length) {
    return static_cast<int>(std::max(Whole{1}, (2 * length * side + longest) / (2 * longest)));
  };
  return resized(from, box, scaled(box.width), scaled(box.height));
}

GrayPicture shrunk(const GrayPicture& from, int side) {
  return std::max(from.width, from.height) > side ? fitted(from, all_of(from), side) : from;
}

GrayPicture inverted(const GrayPicture& from) {
  GrayPicture to = from;
  for (std::uint8_t& pixel : to.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return to;
}

}  // namespace mnist
