// The CUDA engine, as the rest of the program sees it. Includes no CUDA header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "machine/bandwidth.hpp"
#include "machine/cuda_library_folders.hpp"
#include "machine/gpu.hpp"

namespace mnist {

// Whether this build has a CUDA engine.
bool has_cuda_engine();

// What the engine was built with: "CUDA 13.0, cuDNN 9.19.0, sm_75 80 ..."; "none" without one.
std::string cuda_build();

// Every GPU that CUDA shows to this process, in CUDA's order; at least one. Throws GpuFailure where
// it shows none, and Error where this build has no CUDA engine.
std::vector<Gpu> discover_gpus();

// Opens cuBLAS and cuDNN, where the system has them or in one of `folders`, for as long as the
// process lives. Throws GpuFailure that names the one that is missing, and where it was looked
// for.
void require_cuda_libraries(const CudaLibraryFolders& folders);

// On GPU number `gpu` of those that CUDA shows. The same configuration, state and data give the
// same bits on the same kind of GPU with the same libraries. Parameters are zero until restore().
// Throws what the other two throw, and GpuFailure where the GPU cannot be used.
std::unique_ptr<Engine> make_cuda_engine(const EngineConfig& config, int gpu,
                                         const CudaLibraryFolders& library_folders);

// Measures in less than two seconds; takes what memory it needs, and gives it back. Throws as
// make_cuda_engine() does.
Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision,
                            const CudaLibraryFolders& library_folders);

}  // namespace mnist
