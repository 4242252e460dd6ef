// Which functions were called, and which of the calls are to fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

namespace mnist::cuda {

// What a call that is made to fail returns, in the words of its library.
struct FailedStatus {
  cudaError_t runtime = cudaErrorLaunchFailure;
  cublasStatus_t cublas = CUBLAS_STATUS_EXECUTION_FAILED;
  cudnnStatus_t cudnn = CUDNN_STATUS_EXECUTION_FAILED;
};

class Calls {
 public:
  // Call number `number` of all, from 0, fails; once.
  void fail_call(std::size_t number) { failing_call_ = number; }
  // Every call of a function fails from now on.
  void fail_function(const std::string& function, const FailedStatus& status) {
    failing_functions_[function] = status;
  }

  // Every call of a function hangs from now on.
  void hang_in(const std::string& function) { hanging_function_ = function; }

  // Notes a call; what it is to return if it is to fail.
  std::optional<FailedStatus> enter(const char* function) {
    if (hanging_function_ == function)
      for (;;) ::pause();
    log_.emplace_back(function);
    if (log_.size() - 1 == failing_call_) return FailedStatus{};
    const auto found = failing_functions_.find(function);
    if (found != failing_functions_.end()) return found->second;
    return std::nullopt;
  }

  // The functions called, in order.
  const std::vector<std::string>& log() const { return log_; }
  std::size_t count(std::string_view function) const {
    return static_cast<std::size_t>(std::ranges::count(log_, function));
  }

 private:
  std::vector<std::string> log_;
  std::optional<std::size_t> failing_call_;
  std::map<std::string, FailedStatus> failing_functions_;
  std::string hanging_function_;
};

}  // namespace mnist::cuda
