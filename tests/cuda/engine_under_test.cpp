#include "engine/engine_under_test.hpp"

#include "cuda/engine.hpp"
#include "cuda/machine.hpp"

namespace mnist {

std::unique_ptr<Engine> make_engine_under_test(const EngineConfig& config) {
  return cuda::make_engine(config, 0, cuda::stand_in_libraries());
}

}  // namespace mnist
