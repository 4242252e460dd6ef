// Which engines there are, and which of them a run gets.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/engine.hpp"
#include "options.hpp"

namespace mnist {

// What choosing looks at.
struct Surroundings {
  bool cuda_in_build = false;
  std::optional<std::string> gpu_evidence;  // see machine/gpu_presence.hpp
};

Surroundings look_around(const Machine& machine);

struct ChosenDevice {
  DeviceKind kind = DeviceKind::cpu;  // never automatic
  int gpu = 0;                        // of cuda
  std::string warning;                // why the CPU was chosen, where a GPU may have been meant
};

// `automatic` takes the CPU only where the build has no CUDA engine or no GPU is to be seen; a GPU
// that is there is taken, whatever state it is in.
ChosenDevice choose_device(const DeviceChoice& requested, const Surroundings& surroundings);

// Throws the Error that says why `device` cannot be used, as far as that is known before an engine
// is made.
void require_device(const ChosenDevice& device);

// `threads` is for the CPU engine.
std::unique_ptr<Engine> make_engine(const ChosenDevice& device, const EngineConfig& config,
                                    int threads);

}  // namespace mnist
