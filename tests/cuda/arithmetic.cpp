#include "cuda/arithmetic.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace mnist::cuda {
namespace {

std::size_t row_start(const Sizes& sizes, int image, int channel, int row) {
  return ((static_cast<std::size_t>(image) * static_cast<std::size_t>(sizes.channels) +
           static_cast<std::size_t>(channel)) *
              static_cast<std::size_t>(sizes.height) +
          static_cast<std::size_t>(row)) *
         static_cast<std::size_t>(sizes.width);
}

// Part of a row of an image's outputs, of its inputs, and the one weight between them.
struct Row {
  std::size_t output = 0;
  std::size_t input = 0;
  std::size_t weight = 0;
  std::size_t count = 0;
  std::size_t stride = 0;  // in the inputs
};

// All products of a convolution: every weight with every row, less what is padding.
template <class Visit>
void each_row(const ConvolutionSizes& sizes, const Visit& visit) {
  const auto& [input, filter, output, how] = sizes;
  const auto size = [](int value) { return static_cast<std::size_t>(value); };
  const int stride = how.stride[1];
  for (int image = 0; image < output.images; ++image)
    for (int k = 0; k < filter.images; ++k)
      for (int channel = 0; channel < filter.channels; ++channel)
        for (int y = 0; y < filter.height; ++y)
          for (int x = 0; x < filter.width; ++x) {
            const int left = x * how.dilation[1] - how.padding[1];  // the input of output 0
            const int first = left < 0 ? (-left + stride - 1) / stride : 0;
            const int last = std::min(output.width - 1, (input.width - 1 - left) / stride);
            for (int row = 0; row < output.height; ++row) {
              const int input_row = row * how.stride[0] + y * how.dilation[0] - how.padding[0];
              if (input_row < 0 || input_row >= input.height || left >= input.width) continue;
              if (last < first) continue;
              visit(Row{row_start(output, image, k, row) + size(first),
                        row_start(input, image, channel, input_row) + size(left + first * stride),
                        row_start(filter, k, channel, y) + size(x), size(last - first + 1),
                        size(stride)});
            }
          }
}

}  // namespace

std::vector<float> factors(const float* values, std::size_t size, Precision precision) {
  std::vector<float> copies(values, values + size);
  if (precision == Precision::tf32)
    for (float& copy : copies)
      copy = std::bit_cast<float>((std::bit_cast<std::uint32_t>(copy) + 0x1000u) & 0xffffe000u);
  return copies;
}

std::vector<float> outputs(const ConvolutionSizes& sizes, const float* input, const float* filter) {
  std::vector<float> output(sizes.output.count());
  each_row(sizes, [&](const Row& row) {
    const float weight = filter[row.weight];
    for (std::size_t i = 0; i < row.count; ++i)
      output[row.output + i] += weight * input[row.input + i * row.stride];
  });
  return output;
}

std::vector<float> input_gradients(const ConvolutionSizes& sizes, const float* filter,
                                   const float* grad_output) {
  std::vector<float> gradients(sizes.input.count());
  each_row(sizes, [&](const Row& row) {
    const float weight = filter[row.weight];
    for (std::size_t i = 0; i < row.count; ++i)
      gradients[row.input + i * row.stride] += weight * grad_output[row.output + i];
  });
  return gradients;
}

std::vector<float> filter_gradients(const ConvolutionSizes& sizes, const float* input,
                                    const float* grad_output) {
  // A sum for each column first, since a compiler may not reorder one sum to vectorize it.
  const auto columns = static_cast<std::size_t>(sizes.output.width);
  std::vector<float> sums(sizes.filter.count() * columns);
  each_row(sizes, [&](const Row& row) {
    float* const column = &sums[row.weight * columns];
    for (std::size_t i = 0; i < row.count; ++i)
      column[i] += grad_output[row.output + i] * input[row.input + i * row.stride];
  });
  std::vector<float> gradients(sizes.filter.count());
  for (std::size_t i = 0; i < sums.size(); ++i) gradients[i / columns] += sums[i];
  return gradients;
}

}  // namespace mnist::cuda
