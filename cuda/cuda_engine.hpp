// The CUDA engine, as the rest of the program sees it. Includes no CUDA header.
#pragma once

#include <memory>

#include "engine/engine.hpp"

namespace mnist {

// Whether this build has a CUDA engine.
bool has_cuda_engine();

// Throws the Error that says what is missing for running on GPU number `gpu`: this build's CUDA
// engine, the driver, or that GPU.
void require_gpu(int gpu);

// Throws what require_gpu() throws.
std::unique_ptr<Engine> make_cuda_engine(const EngineConfig& config, int gpu);

}  // namespace mnist
