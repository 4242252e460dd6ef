#include "cuda/check.hpp"

#include <string>

#include "machine/gpu_failure.hpp"

namespace mnist::cuda {
namespace {

GpuFailureFacts facts(GpuLibrary library, int status, std::string text, std::string_view doing) {
  GpuFailureFacts facts;
  facts.library = library;
  facts.status = status;
  facts.status_text = std::move(text);
  facts.doing = doing;
  if (cudaDriverGetVersion(&facts.driver_cuda) != cudaSuccess) facts.driver_cuda = 0;
  facts.runtime_cuda = CUDART_VERSION;
  facts.architectures = MNIST_CUDA_ARCHITECTURES;
  // What a failed call leaves behind would be returned again by the next launch.
  (void)cudaGetLastError();
  return facts;
}

// Where memory was wanting: to ask takes a context, which other failures had better not make.
void add_memory(GpuFailureFacts& facts) {
  std::size_t free = 0;
  std::size_t total = 0;
  if (cudaMemGetInfo(&free, &total) == cudaSuccess) {
    facts.free_memory_bytes = free;
    facts.total_memory_bytes = total;
  }
  (void)cudaGetLastError();
}

}  // namespace

void check(cudaError_t status, std::string_view doing, std::source_location where) {
  if (status == cudaSuccess) return;
  const int number = static_cast<int>(status);
  GpuFailureFacts failure = facts(GpuLibrary::cuda, number,
                                  std::string(cudaGetErrorName(status)) + " (" +
                                      std::to_string(number) + "), " + cudaGetErrorString(status),
                                  doing);
  if (status == cudaErrorMemoryAllocation) add_memory(failure);
  throw GpuFailure(std::move(failure), where);
}

void check(const Cublas& cublas, cublasStatus_t status, std::string_view doing,
           std::source_location where) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  GpuFailureFacts failure =
      facts(GpuLibrary::cublas, static_cast<int>(status), cublas.status_name(status), doing);
  if (status == CUBLAS_STATUS_ALLOC_FAILED) add_memory(failure);
  throw GpuFailure(std::move(failure), where);
}

void check(const Cudnn& cudnn, cudnnStatus_t status, std::string_view doing,
           std::source_location where) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const int number = static_cast<int>(status);
  GpuFailureFacts failure = facts(GpuLibrary::cudnn, number, cudnn.status_name(status), doing);
  // Since version 9 it says which memory: 4004 is
  // CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED.
  if (status == CUDNN_STATUS_ALLOC_FAILED || number == 4004) add_memory(failure);
  throw GpuFailure(std::move(failure), where);
}

}  // namespace mnist::cuda
