#include "engine/engine_under_test.hpp"

#include "cpu/cpu_engine.hpp"

namespace mnist {

// Three threads: no batch size of the table is divided evenly by them and by one and two.
std::unique_ptr<Engine> make_engine_under_test(const EngineConfig& config) {
  return make_cpu_engine(config, 3);
}

}  // namespace mnist
