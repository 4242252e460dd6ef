// The CUDA engine, on libraries that were opened already.
#pragma once

#include <memory>

#include "cuda/libraries.hpp"
#include "engine/engine.hpp"

namespace mnist::cuda {

// On GPU number `gpu` of those that CUDA shows. The same configuration, state and data give the
// same bits on the same kind of GPU with the same libraries. Parameters are zero until restore().
// load() records the step and the evaluation. Throws Error.
std::unique_ptr<Engine> make_engine(const EngineConfig& config, int gpu,
                                    const Libraries& libraries);

}  // namespace mnist::cuda
