// Turns a status of CUDA, cuBLAS or cuDNN into an Error that says what was being done.
#pragma once

#include <cuda_runtime_api.h>

#include <source_location>
#include <string_view>

#include "cuda/libraries.hpp"

namespace mnist::cuda {

// Each does nothing on success. Otherwise throws Error with the exit code that the status stands
// for, what was being done ("copying the training images to the GPU"), the library's own name for
// the status, and the caller's place.
void check(cudaError_t status, std::string_view doing,
           std::source_location where = std::source_location::current());
void check(const Cublas& cublas, cublasStatus_t status, std::string_view doing,
           std::source_location where = std::source_location::current());
void check(const Cudnn& cudnn, cudnnStatus_t status, std::string_view doing,
           std::source_location where = std::source_location::current());

}  // namespace mnist::cuda
