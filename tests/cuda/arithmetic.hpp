// What cuBLAS and cuDNN compute, written plainly: floats, summed in a fixed order.
#pragma once

#include <cstddef>
#include <vector>

#include "cuda/machine.hpp"

namespace mnist::cuda {

// result = alpha * values + beta * what was there, which does not matter, not even a NaN, where
// beta is 0.
struct Blend {
  float alpha = 1;
  float beta = 0;

  void store(float value, float& result) const {
    result = beta == 0 ? alpha * value : alpha * value + beta * result;
  }
  void store(const std::vector<float>& values, float* result) const {
    for (std::size_t i = 0; i < values.size(); ++i) store(values[i], result[i]);
  }
};

// sums[i] += factor * values[i]
void add(float factor, const float* values, std::size_t count, float* sums);

// Copies of factors as they are multiplied: with TF32, rounded to 10 bits of fraction.
std::vector<float> factors(const float* values, std::size_t size, Precision precision);

struct ConvolutionSizes {
  Sizes input;
  Sizes filter;
  Sizes output;
  Convolution how;
};

// Each gives what its name says, of the two others; cross-correlation, filters are not flipped.
std::vector<float> outputs(const ConvolutionSizes& sizes, const float* input, const float* filter);
std::vector<float> input_gradients(const ConvolutionSizes& sizes, const float* filter,
                                   const float* grad_output);
std::vector<float> filter_gradients(const ConvolutionSizes& sizes, const float* input,
                                    const float* grad_output);

}  // namespace mnist::cuda
