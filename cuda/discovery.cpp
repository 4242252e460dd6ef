#include <cuda_runtime_api.h>

#include "cuda/check.hpp"
#include "cuda/cuda_engine.hpp"

namespace mnist {

std::vector<Gpu> discover_gpus() {
  int count = 0;
  cuda::check(cudaGetDeviceCount(&count), "counting the GPUs");
  std::vector<Gpu> gpus;
  for (int index = 0; index < count; ++index) {
    cudaDeviceProp properties{};
    cuda::check(cudaGetDeviceProperties(&properties, index), "asking for a GPU's properties");
    Gpu gpu;
    gpu.index = index;
    gpu.name = properties.name;
    gpus.push_back(gpu);
  }
  return gpus;
}

}  // namespace mnist
