// Adam as TensorFlow computes it. C++17, shared with CUDA kernels.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace mnist {

// Kingma and Ba 2015, "Adam", in the form at the end of its section 2, where epsilon joins the
// square root of the uncorrected second moment.
inline constexpr double adam_beta1 = 0.9;
inline constexpr double adam_beta2 = 0.999;
inline constexpr float adam_epsilon = 1e-8f;

// learning_rate * sqrt(1 - beta2^step) / (1 - beta1^step); `step` counts from 1. On the host, once
// a step. The powers are products, and not pow(), whose last bit differs between processors.
inline float adam_rate(float learning_rate, std::uint64_t step) {
  double beta1_power = 1;
  double beta2_power = 1;
  double beta1_square = adam_beta1;
  double beta2_square = adam_beta2;
  for (; step > 0; step >>= 1) {
    if (step & 1) {
      beta1_power *= beta1_square;
      beta2_power *= beta2_square;
    }
    beta1_square *= beta1_square;
    beta2_square *= beta2_square;
  }
  return static_cast<float>(learning_rate * std::sqrt(1 - beta2_power) / (1 - beta1_power));
}

// One parameter's update, in place; `rate` is adam_rate()'s.
MNIST_HOST_DEVICE inline void adam_update(float gradient, float rate, float& parameter,
                                          float& first_moment, float& second_moment) {
  first_moment += (gradient - first_moment) * static_cast<float>(1 - adam_beta1);
  second_moment += (gradient * gradient - second_moment) * static_cast<float>(1 - adam_beta2);
  parameter -= rate * first_moment / (sqrtf(second_moment) + adam_epsilon);
}

}  // namespace mnist
