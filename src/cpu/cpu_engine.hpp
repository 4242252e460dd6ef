// The CPU engine: oneDNN's primitives and a team of threads.
#pragma once

#include <memory>

#include "engine/engine.hpp"

namespace mnist {

// Trains on `threads` threads (at least 1, the caller's included). The same configuration, state,
// data and number of threads give the same bits on the same machine; another number of threads
// sums gradients in another order. Parameters are zero until restore().
std::unique_ptr<Engine> make_cpu_engine(const EngineConfig& config, int threads);

}  // namespace mnist
