// What every function of the stand-ins has in common: it is counted, it may be made to fail, and a
// Refusal becomes its status.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <type_traits>

#include "cuda/machine.hpp"

namespace mnist::cuda {

// A library's own status for what the runtime would call `status`.
template <class Status>
Status status_for(cudaError_t status);
template <>
inline cudaError_t status_for(cudaError_t status) {
  return status;
}
template <>
inline cublasStatus_t status_for(cudaError_t status) {
  switch (status) {
    case cudaErrorInvalidValue:
      return CUBLAS_STATUS_INVALID_VALUE;
    case cudaErrorInvalidResourceHandle:
      return CUBLAS_STATUS_NOT_INITIALIZED;
    case cudaErrorNotSupported:
      return CUBLAS_STATUS_NOT_SUPPORTED;
    default:
      return CUBLAS_STATUS_EXECUTION_FAILED;
  }
}
template <>
inline cudnnStatus_t status_for(cudaError_t status) {
  switch (status) {
    case cudaErrorInvalidValue:
    case cudaErrorInvalidResourceHandle:
      return CUDNN_STATUS_BAD_PARAM;
    case cudaErrorNotSupported:
      return CUDNN_STATUS_NOT_SUPPORTED;
    default:
      return CUDNN_STATUS_EXECUTION_FAILED;
  }
}

inline cudaError_t chosen(const FailedStatus& failed, cudaError_t) { return failed.runtime; }
inline cublasStatus_t chosen(const FailedStatus& failed, cublasStatus_t) { return failed.cublas; }
inline cudnnStatus_t chosen(const FailedStatus& failed, cudnnStatus_t) { return failed.cudnn; }

// A call that is made to fail does nothing, except that what gives something back does so all the
// same.
enum class IfFailing { do_nothing, do_it_all_the_same };

template <class Status, class Body>
Status answer(const char* function, const Body& body,
              IfFailing if_failing = IfFailing::do_nothing) {
  Machine& here = machine();
  const std::lock_guard lock(here.mutex);
  const std::optional<FailedStatus> failed = here.calls.enter(function);
  const cudaError_t fault = here.streams.fault;
  const auto guarded = [&](const auto& work) {
    try {
      work();
      return Status{};
    } catch (const Refusal& refusal) {
      if (fault == cudaSuccess && refusal.what() != std::string(consequence))
        here.refusals.push_back(std::string(function) + ": " + refusal.what());
      return status_for<Status>(refusal.status());
    }
  };
  Status status = guarded([&] {
    if (if_failing == IfFailing::do_nothing) require(fault == cudaSuccess, fault, consequence);
    if (!failed || if_failing == IfFailing::do_it_all_the_same) body(here);
  });
  if (failed) {
    here.streams.spoil_captures();
    status = chosen(*failed, Status{});
  }
  if (status == Status{}) return status;
  // What was queued before is not undone by a failure. Also, the caller may now give up memory that
  // is still to be copied to, since real copies to memory that is not page-locked are through.
  (void)guarded([&] { here.streams.finish_all(); });
  if constexpr (std::is_same_v<Status, cudaError_t>) here.last_error = status;
  return status;
}

}  // namespace mnist::cuda
