#include "cuda/check.hpp"

#include <string>

#include "base/error.hpp"

namespace mnist::cuda {
namespace {

struct Meaning {
  ExitCode code;
  const char* remedy;
};

// What the driver on this machine can run at most, as 12040 for CUDA 12.4; 0 where there is none.
int driver_version() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

// The least drivers that NVIDIA names for each major version of CUDA.
constexpr const char* newer_driver =
    CUDART_VERSION >= 13000
        ? "install NVIDIA's driver 580.65 or newer, or use a build for an older CUDA"
    : CUDART_VERSION >= 12000
        ? "install NVIDIA's driver 525.60 or newer, or use a build for an older CUDA"
        : "install NVIDIA's driver 450.80.02 or newer";

// The codes are a matter of the program's contract (ExitCode). Values that older toolkits have no
// name for are given as numbers.
Meaning meaning_of(cudaError_t status) {
  switch (static_cast<int>(status)) {
    case cudaErrorInsufficientDriver:
      if (driver_version() > 0) return {ExitCode::driver_too_old, newer_driver};
      [[fallthrough]];
    case cudaErrorNoDevice:
      return {ExitCode::no_gpu,
              "give this machine or container a GPU and its driver (nvidia-smi must list it)"};
    case cudaErrorInitializationError:
    case cudaErrorUnknown:
      return {ExitCode::no_gpu, "load the driver's nvidia_uvm module: modprobe nvidia_uvm"};
    case cudaErrorCallRequiresNewerDriver:
    case cudaErrorUnsupportedPtxVersion:
    case cudaErrorCompatNotSupportedOnDevice:
      return {ExitCode::driver_too_old, newer_driver};
    case cudaErrorStubLibrary:
      return {ExitCode::driver_mismatch, "take the toolkit's lib/stubs out of LD_LIBRARY_PATH"};
    case cudaErrorSystemDriverMismatch:
      return {ExitCode::driver_mismatch,
              "restart after a driver upgrade; take a compat libcuda out of LD_LIBRARY_PATH"};
    case cudaErrorNoKernelImageForDevice:
      return {ExitCode::gpu_not_in_build,
              "use a build for this GPU's architecture; this one has sm_" MNIST_CUDA_ARCHITECTURES};
    case cudaErrorSystemNotReady:
      return {ExitCode::not_ready, "start nvidia-fabricmanager, of the driver's version"};
    case 805:  // cudaErrorMpsConnectionFailed
    case 806:  // cudaErrorMpsRpcFailure
    case 807:  // cudaErrorMpsServerNotReady
    case 810:  // cudaErrorMpsClientTerminated
      return {ExitCode::not_ready, "look at the MPS server: its log, and whether it runs"};
    case cudaErrorDevicesUnavailable:
    case 808:  // cudaErrorMpsMaxClientsReached
    case 809:  // cudaErrorMpsMaxConnectionsReached
      return {ExitCode::busy, "wait for the GPU's other users, or look at its compute mode"};
    case cudaErrorOperatingSystem:
    case cudaErrorNotPermitted:
      return {ExitCode::permission, "look at the permissions of /dev/nvidia*, cgroups, seccomp"};
    case cudaErrorMemoryAllocation:
      return {ExitCode::out_of_device_memory,
              "free the GPU's memory (nvidia-smi lists its users), or take a smaller --batch_size"};
    case cudaErrorECCUncorrectable:
    case 220:  // cudaErrorNvlinkUncorrectable
      return {ExitCode::hardware_fault, "take the GPU out of service; dmesg has its Xid"};
    case 226:  // cudaErrorContained
    case cudaErrorIllegalAddress:
    case cudaErrorAssert:
    case cudaErrorLaunchFailure:
      return {ExitCode::bug, "look for an Xid in dmesg; if there is none, report it"};
    default:
      return {ExitCode::failed,
              "look the error up in NVIDIA's documentation, and dmesg for an Xid"};
  }
}

// What the two libraries' statuses have in common.
constexpr Meaning library_memory{ExitCode::out_of_device_memory,
                                 "free the GPU's memory (nvidia-smi lists its users)"};
constexpr Meaning library_architecture{ExitCode::gpu_not_in_build,
                                       "use a build with a library that supports this GPU"};
constexpr Meaning library_failure{
    ExitCode::failed, "look the status up in NVIDIA's documentation, and dmesg for an Xid"};

Meaning meaning_of(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_ALLOC_FAILED:
      return library_memory;
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return library_architecture;
    default:
      return library_failure;
  }
}

Meaning meaning_of(cudnnStatus_t status) {
  switch (static_cast<int>(status)) {
    case CUDNN_STATUS_ALLOC_FAILED:
    case 4004:  // CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED, since cuDNN 9
      return library_memory;
    case CUDNN_STATUS_ARCH_MISMATCH:
      return library_architecture;
    case 1002:  // CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH, since cuDNN 9
    case 1008:  // CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED
    case 3009:  // CUDNN_STATUS_NOT_SUPPORTED_SUBLIBRARY_UNAVAILABLE
      return {ExitCode::no_gpu, "install all of cuDNN's libraries, of one version, in one folder"};
    default:
      return library_failure;
  }
}

// ", with 512 of 81559 MiB of the GPU's memory free"; nothing where that cannot be told.
std::string free_memory() {
  std::size_t free = 0;
  std::size_t total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) {
    (void)cudaGetLastError();
    return "";
  }
  return ", with " + std::to_string(free >> 20) + " of " + std::to_string(total >> 20) +
         " MiB of the GPU's memory free";
}

[[noreturn]] void fail(std::string_view doing, const std::string& returned, const Meaning& meaning,
                       std::source_location where) {
  std::string message = std::string(doing) + " failed: " + returned;
  if (meaning.code == ExitCode::out_of_device_memory) message += free_memory();
  throw Error(meaning.code, message, meaning.remedy, where);
}

}  // namespace

void check(cudaError_t status, std::string_view doing, std::source_location where) {
  if (status == cudaSuccess) return;
  // What a failed call leaves behind would be returned again by the next launch.
  (void)cudaGetLastError();
  fail(doing,
       std::string(cudaGetErrorName(status)) + " (" + std::to_string(static_cast<int>(status)) +
           "), " + cudaGetErrorString(status),
       meaning_of(status), where);
}

void check(const Cublas& cublas, cublasStatus_t status, std::string_view doing,
           std::source_location where) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail(doing, cublas.status_name(status), meaning_of(status), where);
}

void check(const Cudnn& cudnn, cudnnStatus_t status, std::string_view doing,
           std::source_location where) {
  if (status != CUDNN_STATUS_SUCCESS)
    fail(doing, cudnn.status_name(status), meaning_of(status), where);
}

}  // namespace mnist::cuda
