// The shapes of what goes into a network, through it and out of it.
#pragma once

#include <cstddef>
#include <string>

#include "base/class_count.hpp"

namespace mnist {

// One image, or one layer's output for one image: dense data in channel, row, column order; a
// vector of n values is {n, 1, 1}.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;

  constexpr std::size_t size() const {
    return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
           static_cast<std::size_t>(width);
  }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

// "16x24x24", for messages.
inline std::string to_string(const Shape& shape) {
  return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
         std::to_string(shape.width);
}

}  // namespace mnist
