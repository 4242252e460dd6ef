// From a pixel's byte to what a network sees. C++17, shared with CUDA kernels.
#pragma once

#include <cstdint>

#include "base/host_device.hpp"

namespace mnist {

// 0 (paper) to 1 (ink). A true division, so that 255 is exactly 1 and every engine agrees.
MNIST_HOST_DEVICE inline float pixel_value(std::uint8_t pixel) {
  return static_cast<float>(pixel) / 255.0f;
}

}  // namespace mnist
