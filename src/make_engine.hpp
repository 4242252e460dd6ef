// Which engines there are, and which of them a run gets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "machine/bandwidth.hpp"
#include "machine/gpu.hpp"
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

// Every GPU that CUDA shows; at least one. Throws the Error that says what is missing.
std::vector<Gpu> visible_gpus();

// Number `index` of `gpus`. Throws Error(no_gpu) that lists those that there are, and the variable
// CUDA_VISIBLE_DEVICES where it is set.
const Gpu& gpu_numbered(int index, const std::vector<Gpu>& gpus, const Environment& environment);

struct ChosenPrecision {
  Precision precision = Precision::fp32;
  std::string warning;  // where it is not what was asked for
};

// What `gpu`, or the CPU where there is none, computes in.
ChosenPrecision choose_precision(Precision requested, const std::optional<Gpu>& gpu);

// Throws the Error that says which library of the CUDA engine is missing.
void require_cuda_libraries(const Machine& machine);

// See cuda/cuda_engine.hpp.
Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision, const Machine& machine);

// For --version: "CUDA engine: CUDA 13.0, cuDNN 9.19.0, sm_75 80 ...".
std::string cuda_version_line();

// `threads` is for the CPU engine.
std::unique_ptr<Engine> make_engine(const ChosenDevice& device, const EngineConfig& config,
                                    int threads, const Machine& machine);

}  // namespace mnist
