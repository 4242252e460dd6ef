// The CUDA engine, on libraries that were opened already.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>

#include "cuda/libraries.hpp"
#include "engine/engine.hpp"

namespace mnist::cuda {

class StreamEngine : public Engine {
 public:
  // Where all of its work is queued, for measurements.
  virtual cudaStream_t stream() const = 0;
};

// On GPU number `gpu` of those that CUDA shows. The same configuration, state and data give the
// same bits on the same kind of GPU with the same libraries. Parameters are zero until restore().
// load() records the step and the evaluation. Throws Error.
std::unique_ptr<StreamEngine> make_engine(const EngineConfig& config, int gpu,
                                          const Libraries& libraries);

}  // namespace mnist::cuda
