#include <cstddef>

#include "cpu/layer.hpp"

namespace mnist::cpu {
namespace {

// Transposes `count` matrices of rows x columns.
void transpose(std::size_t count, std::size_t rows, std::size_t columns, const float* from,
               float* to) {
  for (std::size_t matrix = 0; matrix < count; ++matrix) {
    for (std::size_t column = 0; column < columns; ++column)
      for (std::size_t row = 0; row < rows; ++row)
        to[column * rows + row] = from[row * columns + column];
    from += rows * columns;
    to += rows * columns;
  }
}

}  // namespace

void rows_to_channels(const Shape& shape, std::size_t images, const float* nhwc, float* nchw) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  transpose(images, shape.size() / channels, channels, nhwc, nchw);
}

void channels_to_rows(const Shape& shape, std::size_t images, const float* nchw, float* nhwc) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  transpose(images, channels, shape.size() / channels, nchw, nhwc);
}

}  // namespace mnist::cpu
