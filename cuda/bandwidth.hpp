// Measuring how fast a GPU moves and multiplies numbers, on libraries that were opened already.
#pragma once

#include <cstddef>

#include "cuda/libraries.hpp"
#include "engine/engine.hpp"
#include "machine/bandwidth.hpp"
#include "machine/gpu.hpp"

namespace mnist::cuda {

// How much is moved and multiplied. Each of the three is done once to warm up, and then again for
// `seconds`, and three times at least: the median counts.
struct BandwidthWork {
  int rows = 4096;  // and columns; such a matrix comes from the host
  std::size_t copied_bytes = std::size_t{1} << 30;  // on the GPU, or a quarter of what is free
  double seconds = 0.2;
};

// As measure_bandwidth() of cuda_engine.hpp. A copy on the GPU is never so small that the GPU's
// cache could hold it, even where that is more than is free: then this throws
// Error(out_of_device_memory).
Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision, const Libraries& libraries,
                            const BandwidthWork& work = {});

}  // namespace mnist::cuda
