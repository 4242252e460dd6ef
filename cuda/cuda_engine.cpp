#include "cuda/cuda_engine.hpp"

#include <string>

#include "cuda/bandwidth.hpp"
#include "cuda/engine.hpp"
#include "cuda/libraries.hpp"
#include "cuda/version_text.hpp"

namespace mnist {

bool has_cuda_engine() { return true; }

std::string cuda_build() {
  return "CUDA " + cuda::version_text(CUDART_VERSION) + ", cuDNN " + std::to_string(CUDNN_MAJOR) +
         "." + std::to_string(CUDNN_MINOR) + "." + std::to_string(CUDNN_PATCHLEVEL) +
         ", sm_" MNIST_CUDA_ARCHITECTURES;
}

void require_cuda_libraries(const CudaLibraryFolders& folders) {
  (void)cuda::open_libraries(folders);
}

std::unique_ptr<Engine> make_cuda_engine(const EngineConfig& config, int gpu,
                                         const CudaLibraryFolders& library_folders) {
  return cuda::make_engine(config, gpu, cuda::open_libraries(library_folders));
}

Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision,
                            const CudaLibraryFolders& library_folders) {
  return cuda::measure_bandwidth(gpu, precision, cuda::open_libraries(library_folders));
}

}  // namespace mnist
