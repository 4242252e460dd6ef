#include "engine/engine_under_test.hpp"

#include <cstdlib>

#include "cuda/cuda_engine.hpp"
#include "machine/cuda_library_folders.hpp"

namespace mnist {

std::unique_ptr<Engine> make_engine_under_test(const EngineConfig& config) {
  const Machine machine{.root = "/", .environment = std::getenv};
  return make_cuda_engine(config, 0, cuda_library_folders(machine, MNIST_CUDA_LIBRARY_FOLDERS));
}

}  // namespace mnist
