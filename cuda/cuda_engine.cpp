#include "cuda/cuda_engine.hpp"

#include "cuda/engine.hpp"
#include "cuda/libraries.hpp"

namespace mnist {

bool has_cuda_engine() { return true; }

void require_cuda_libraries(const CudaLibraryFolders& folders) {
  (void)cuda::open_libraries(folders);
}

std::unique_ptr<Engine> make_cuda_engine(const EngineConfig& config, int gpu,
                                         const CudaLibraryFolders& library_folders) {
  return cuda::make_engine(config, gpu, cuda::open_libraries(library_folders));
}

}  // namespace mnist
