// What the whole program needs besides the stand-ins for an engine: cuBLAS and cuDNN that need not
// be opened, and two GPUs to be found. Of the environment it heeds
//   CUDA_VISIBLE_DEVICES=GPU-00000000-0000-0000-0000-000000000001  that GPU alone is there
//   MNIST_STAND_IN_GPU_NAME=NVIDIA H200                            all have this name
//   MNIST_STAND_IN_WEAK_GPU=1:600   from its product 600 on, GPU 1 gets the last bit of all values
//   wrong
#include <cuda_runtime_api.h>

#include <bit>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "cuda/libraries.hpp"
#include "cuda/machine.hpp"

namespace mnist::cuda {

Libraries open_libraries(const CudaLibraryFolders& /*folders*/) { return stand_in_libraries(); }

namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// cuBLAS's product is the third of its operands.
void spoil_product(const Work& work) {
  const Operand& product = work.operands[2];
  auto* const values = static_cast<float*>(const_cast<void*>(product.memory));
  for (float& value : std::span(values, product.bytes / sizeof(float)))
    value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ 1u);
}

const bool as_the_environment_says = [] {
  constexpr std::string_view uuid = "GPU-00000000-0000-0000-0000-00000000000";  // and its number
  if (const auto visible = variable("CUDA_VISIBLE_DEVICES"); visible.starts_with(uuid)) {
    machine().gpu_count = 1;
    machine().first_gpu = visible.back() - '0';
  }
  machine().name_of_gpus = variable("MNIST_STAND_IN_GPU_NAME");
  if (const auto weak = variable("MNIST_STAND_IN_WEAK_GPU"); !weak.empty()) {
    const int gpu = weak.front() - '0';
    int first = 0;
    std::from_chars(weak.data() + 2, weak.data() + weak.size(), first);
    machine().streams.after_work = [gpu, first, products = 0](const Work& work) mutable {
      if (!work.name.starts_with("sgemm")) return;
      if (machine().first_gpu + machine().current_gpu() == gpu && ++products >= first)
        spoil_product(work);
    };
  }
  return true;
}();

}  // namespace
}  // namespace mnist::cuda

extern "C" {

cudaError_t cudaDeviceGetPCIBusId(char* id, int size, int gpu) {
  const bool first = mnist::cuda::machine().first_gpu + gpu == 0;
  std::strncpy(id, first ? "0000:0A:00.0" : "0000:0B:00.0", static_cast<std::size_t>(size));
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* gpu) {
  *gpu = mnist::cuda::machine().current_gpu();
  return cudaSuccess;
}
}
