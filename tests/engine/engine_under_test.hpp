// The engine that a test program tests. The files of this folder hold what every engine must do;
// each engine's own test folder compiles them and defines this function.
#pragma once

#include <memory>

#include "engine/engine.hpp"

namespace mnist {

std::unique_ptr<Engine> make_engine_under_test(const EngineConfig& config);

}  // namespace mnist
