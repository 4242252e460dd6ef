#include "dataset/rasterizer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mnist {
namespace {

// For each pixel of the box how deep its centre lies in the ink; negative outside.
using DepthField = std::array<float, box_side * box_side>;

struct Scale {
  float factor;
  float x_offset;
  float y_offset;
};

Scale fit_into_box(std::span<const InkPoint> ink) {
  float left = ink[0].x, right = ink[0].x, top = ink[0].y, bottom = ink[0].y;
  for (const InkPoint& point : ink) {
    left = std::min(left, point.x - point.radius);
    right = std::max(right, point.x + point.radius);
    top = std::min(top, point.y - point.radius);
    bottom = std::max(bottom, point.y + point.radius);
  }
  const float factor = box_side / std::max(right - left, bottom - top);
  return {factor, 0.5f * (box_side - factor * (left + right)),
          0.5f * (box_side - factor * (top + bottom))};
}

InkPoint scaled(const InkPoint& point, const Scale& scale) {
  return {scale.factor * point.x + scale.x_offset, scale.factor * point.y + scale.y_offset,
          scale.factor * point.radius, point.pen_down};
}

// The ink between two points is that of a pen which moves straight and changes its radius evenly.
void add_segment(const InkPoint& from, const InkPoint& to, float softness, DepthField& depth) {
  const float reach = std::max(from.radius, to.radius) + 0.5f * softness;
  const auto first = [reach](float a, float b) {
    return std::clamp(static_cast<int>(std::min(a, b) - reach), 0, box_side);
  };
  const auto last = [reach](float a, float b) {
    return std::clamp(static_cast<int>(std::max(a, b) + reach) + 1, 0, box_side);
  };
  const int first_column = first(from.x, to.x), last_column = last(from.x, to.x);
  const int first_row = first(from.y, to.y), last_row = last(from.y, to.y);
  const float dx = to.x - from.x, dy = to.y - from.y;
  const float length_squared = dx * dx + dy * dy;
  const float scale = length_squared > 0 ? 1 / length_squared : 0;
  for (int row = first_row; row < last_row; ++row) {
    const float y = static_cast<float>(row) + 0.5f - from.y;
    float* depths = depth.data() + row * box_side;
    for (int column = first_column; column < last_column; ++column) {
      const float x = static_cast<float>(column) + 0.5f - from.x;
      const float along = std::min(std::max((x * dx + y * dy) * scale, 0.0f), 1.0f);
      const float across_x = x - along * dx, across_y = y - along * dy;
      const float distance = std::sqrt(across_x * across_x + across_y * across_y);
      depths[column] =
          std::max(depths[column], from.radius + along * (to.radius - from.radius) - distance);
    }
  }
}

// Where the box begins, along one axis, so that the centre of mass (moment / mass) is as near to
// the middle of the image as whole pixels allow.
int box_offset(int moment, int mass) {
  const int centre = (2 * moment + mass) / (2 * mass);
  return std::clamp(image_side / 2 - centre, 0, image_side - box_side);
}

}  // namespace

DigitImage draw(std::span<const InkPoint> ink, float softness) {
  const Scale scale = fit_into_box(ink);
  DepthField depth;
  depth.fill(-softness);
  InkPoint from = scaled(ink[0], scale);
  for (std::size_t i = 1; i < ink.size(); ++i) {
    const InkPoint to = scaled(ink[i], scale);
    if (to.pen_down) add_segment(from, to, softness, depth);
    from = to;
  }

  std::array<std::uint8_t, box_side * box_side> box;
  for (std::size_t i = 0; i < box.size(); ++i) {
    const float coverage = std::clamp(depth[i] / softness + 0.5f, 0.0f, 1.0f);
    box[i] = static_cast<std::uint8_t>(255 * coverage + 0.5f);
  }

  // In integers, so that no rounding decides on which side of a half the centre is.
  int mass = 0, row_moment = 0, column_moment = 0;
  for (int i = 0; i < box_side * box_side; ++i) {
    const int value = box[static_cast<std::size_t>(i)];
    mass += value;
    row_moment += value * (i / box_side);
    column_moment += value * (i % box_side);
  }
  const int top = box_offset(row_moment, mass);
  const int left = box_offset(column_moment, mass);
  DigitImage image{};
  for (int row = 0; row < box_side; ++row)
    std::copy_n(box.begin() + row * box_side, box_side,
                image.begin() + (top + row) * image_side + left);
  return image;
}

}  // namespace mnist
