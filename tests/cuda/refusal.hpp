// How the stand-ins say no.
#pragma once

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace mnist::cuda {

// Thrown within the stand-ins, and turned into a status where a function of CUDA, cuBLAS or cuDNN
// returns to its caller. The reason is for the reader of a test that fails.
class Refusal : public std::runtime_error {
 public:
  Refusal(cudaError_t status, const std::string& reason)
      : std::runtime_error(reason), status_(status) {}

  // In the runtime's words; the libraries translate it into their own.
  cudaError_t status() const { return status_; }

 private:
  cudaError_t status_;
};

// The reason where a call fails only because an earlier one did.
inline constexpr const char* consequence = "";

inline void require(bool holds, cudaError_t status, const std::string& reason) {
  if (!holds) throw Refusal(status, reason);
}

}  // namespace mnist::cuda
