#include "engine/engine_under_test.hpp"

#include <cstdlib>

#include "cuda/cuda_engine.hpp"
#include "machine/cuda_library_folders.hpp"

namespace mnist {

std::unique_ptr<Engine> make_engine_under_test(const EngineConfig& config) {
  return make_cuda_engine(config, 0,
                          cuda_library_folders({.root = "/", .environment = std::getenv}));
}

}  // namespace mnist
