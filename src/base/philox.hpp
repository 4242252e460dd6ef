// Counter-based random numbers: the same (seed, purpose, stream, index) gives the same bits on
// every machine and device, and there is no state to save. C++17, shared with CUDA kernels.
#pragma once

#include <cstdint>

#include "base/host_device.hpp"

namespace mnist {

// What the numbers are for. Each purpose has its own sequence, so that, say, another batch size
// does not change the initial values. The values are part of what a seed means: never renumbered.
enum class RandomPurpose : std::uint32_t {
  initial_values = 1,
  sample_order = 2,
  dropout = 3,
  synthetic_digits = 4,
  number_checks = 5,
};

struct RandomBlock {
  std::uint32_t word[4];
};

// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// `stream` tells apart sequences of one purpose (an epoch, a step, a layer), `index` the blocks of
// one sequence.
MNIST_HOST_DEVICE inline RandomBlock philox(std::uint64_t seed, RandomPurpose purpose,
                                            std::uint32_t stream, std::uint64_t index) {
  std::uint32_t counter0 = static_cast<std::uint32_t>(index);
  std::uint32_t counter1 = static_cast<std::uint32_t>(index >> 32);
  std::uint32_t counter2 = stream;
  std::uint32_t counter3 = static_cast<std::uint32_t>(purpose);
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter0;
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter2;
    const std::uint32_t next0 = static_cast<std::uint32_t>(product1 >> 32) ^ counter1 ^ key0;
    const std::uint32_t next2 = static_cast<std::uint32_t>(product0 >> 32) ^ counter3 ^ key1;
    counter1 = static_cast<std::uint32_t>(product1);
    counter3 = static_cast<std::uint32_t>(product0);
    counter0 = next0;
    counter2 = next2;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{counter0, counter1, counter2, counter3}};
}

}  // namespace mnist
