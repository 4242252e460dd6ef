// Which values a dropout layer keeps. C++17, shared with CUDA kernels.
#pragma once

#include <cstdint>

#include "base/host_device.hpp"
#include "base/philox.hpp"

namespace mnist {

// One random block decides for this many neighbouring values, 16 bits for each.
inline constexpr int dropout_values_per_block = 8;

// A value is kept where its 16 bits are below this: keep to the nearest 1/65536.
MNIST_HOST_DEVICE inline std::uint32_t dropout_threshold(float keep) {
  return static_cast<std::uint32_t>(keep * 65536.0f + 0.5f);
}

// The random bits for values block * 8 to block * 8 + 7 of a dropout layer's output in a step.
// Value `sample_in_batch * layer size + position` of the batch is the same on every engine. `step`
// counts from 0, `layer` is the layer's place in the network.
MNIST_HOST_DEVICE inline RandomBlock dropout_bits(std::uint64_t seed, std::uint32_t step,
                                                  std::uint32_t layer, std::uint32_t block) {
  return philox(seed, RandomPurpose::dropout, step, (std::uint64_t{layer} << 32) | block);
}

// Whether `bits` keep value `place` (0 to 7) of their block.
MNIST_HOST_DEVICE inline bool dropout_keeps(const RandomBlock& bits, int place,
                                            std::uint32_t threshold) {
  return ((bits.word[place / 2] >> (16 * (place % 2))) & 0xffffu) < threshold;
}

}  // namespace mnist
