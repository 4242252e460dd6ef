// Turns a status of CUDA, cuBLAS or cuDNN into a GpuFailure that says what was being done.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>
#include <string_view>

#include "cuda/libraries.hpp"

namespace mnist::cuda {

// Each does nothing on success. Otherwise throws GpuFailure with what was being done ("copying the
// training images to the GPU"), the library's own name for the status, the facts that tell what it
// means, and the caller's place.
void check(cudaError_t status, std::string_view doing,
           std::source_location where = std::source_location::current());
void check(const Cublas& cublas, cublasStatus_t status, std::string_view doing,
           std::source_location where = std::source_location::current());
void check(const Cudnn& cudnn, cudnnStatus_t status, std::string_view doing,
           std::source_location where = std::source_location::current());

}  // namespace mnist::cuda
