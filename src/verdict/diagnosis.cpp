#include "verdict/diagnosis.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "verdict/cause.hpp"
#include "verdict/finding.hpp"

namespace mnist {
namespace {

struct Row {
  GpuLibrary library;
  int status;
  ExitCode code;
  const char* cause;
  Verdict (*tell)(const Case&);  // may find a cause that is more exact
};

using enum GpuLibrary;
using enum ExitCode;

// The numbers of CUDA, cuBLAS and NVML are the same in all versions; cuDNN's are those up to
// version 8, and from 9 on. Code and cause are what holds where nothing more is known.
constexpr Row rows[] = {
    {cuda, 2, out_of_device_memory, "out of device memory", out_of_memory},
    {cuda, 3, no_gpu, "nvidia_uvm is missing or broken", unified_memory},
    {cuda, 34, driver_mismatch, "the toolkit's stub in libcuda's place", stub_library},
    {cuda, 35, driver_too_old, "driver too old", insufficient_driver},
    {cuda, 36, driver_too_old, "driver too old for what was called", old_driver},
    {cuda, 46, busy, "a GPU that is in use alone, or prohibited", in_use},
    {cuda, 100, no_gpu, "no GPU that CUDA can use", no_device},
    {cuda, 209, gpu_not_in_build, "GPU architecture not in this build", not_in_build},
    {cuda, 214, hardware_fault, "uncorrectable memory errors (ECC)", broken_gpu},
    {cuda, 220, hardware_fault, "uncorrectable NVLink errors", broken_gpu},
    {cuda, 222, driver_too_old, "driver too old for this build's PTX", old_driver},
    {cuda, 226, bug, "a kernel ended by a contained error", kernel_fault},
    {cuda, 304, permission, "the operating system refuses the GPU", no_permission},
    {cuda, 700, bug, "a kernel that read or wrote where it may not", kernel_fault},
    {cuda, 710, bug, "a kernel's assertion that failed", kernel_fault},
    {cuda, 719, bug, "a kernel that faulted", kernel_fault},
    {cuda, 800, permission, "no permission to use the GPU", no_permission},
    {cuda, 802, not_ready, "fabric manager absent or not ready", fabric_not_ready},
    {cuda, 803, driver_mismatch, "driver and libcuda differ", mismatch},
    {cuda, 804, driver_too_old, "a compat libcuda that this GPU does not support",
     unsupported_compat},
    {cuda, 805, not_ready, "MPS cannot be reached", mps_not_ready},
    {cuda, 806, not_ready, "MPS's server does not answer", mps_not_ready},
    {cuda, 807, not_ready, "MPS's server is not ready", mps_not_ready},
    {cuda, 808, busy, "MPS has no room for another client", mps_full},
    {cuda, 809, busy, "MPS has no room for another connection", mps_full},
    {cuda, 810, not_ready, "MPS ended this client", mps_not_ready},
    {cuda, 999, no_gpu, "nvidia_uvm is missing or broken", unified_memory},
    {cublas, 3, out_of_device_memory, "out of device memory", out_of_memory},
    {cublas, 8, gpu_not_in_build, "cuBLAS without code for this GPU", not_in_library},
    {cudnn, 2, out_of_device_memory, "out of device memory", out_of_memory},
    {cudnn, 6, gpu_not_in_build, "cuDNN without code for this GPU", not_in_library},
    {cudnn, 1002, no_gpu, "a cuDNN whose parts differ in version", mixed_cudnn},
    {cudnn, 1008, no_gpu, "a cuDNN that lacks a part", mixed_cudnn},
    {cudnn, 3007, gpu_not_in_build, "cuDNN without code for this GPU", not_in_library},
    {cudnn, 3009, no_gpu, "a cuDNN that lacks a part", mixed_cudnn},
    {cudnn, 4003, out_of_device_memory, "out of memory in cuDNN", out_of_memory},
    {cudnn, 4004, out_of_device_memory, "out of device memory", out_of_memory},
    {nvml, 4, permission, "no permission to ask NVML", no_permission},
    {nvml, 9, no_gpu, "the driver is not loaded", no_nvml},
    {nvml, 12, no_gpu, "NVML's library is missing", no_nvml},
    {nvml, 15, hardware_fault, "a GPU that fell off the bus", broken_gpu},
    {nvml, 16, hardware_fault, "a GPU that must be reset", broken_gpu},
    {nvml, 17, permission, "the operating system refuses the GPU", lost_control_group},
    {nvml, 18, driver_mismatch, "driver and library differ", mismatch},
    {nvml, 999, failed, "failed", unknown_error},
};

Verdict tell(const GpuFailureFacts& failure, const Evidence& seen) {
  if (failure.library == loader)
    return missing_library({failure, seen, no_gpu, failure.wanted + " missing or unusable"});
  for (const Row& row : rows)
    if (row.library == failure.library && row.status == failure.status)
      return row.tell({failure, seen, row.code, row.cause});
  return other_failure({failure, seen, failed, std::string(cause_of(failed))});
}

// These CUDA says of almost anything that keeps it from starting, and of a GPU that is gone.
bool says_little(const GpuFailureFacts& failure) {
  return failure.library == cuda &&
         (failure.status == 3 || failure.status == 100 || failure.status == 999);
}

// Whether NVML's own start tells what CUDA's does not.
bool says_more(std::optional<int> nvml_status) {
  return nvml_status == 4 || (nvml_status >= 15 && nvml_status <= 18);
}

// Off the bus, or waiting for a reset: no library can do anything with such a GPU.
bool is_gone(std::optional<int> nvml_status) { return nvml_status == 15 || nvml_status == 16; }

GpuFailureFacts told_by_nvml(const GpuFailureFacts& failure, int nvml_status) {
  GpuFailureFacts facts = failure;
  facts.library = nvml;
  facts.status = nvml_status;
  facts.status_text = call_finding(failure) + ", and NVML's error " + std::to_string(nvml_status);
  facts.doing = "starting it";
  return facts;
}

// Names of files and values of variables may hold anything.
void keep_to_one_line(std::string& text) {
  std::ranges::replace_if(
      text, [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }, '?');
}

}  // namespace

Verdict diagnose(const GpuFailureFacts& failure, const Evidence& evidence) {
  Verdict verdict;
  if (failure.library != loader &&
      (is_gone(evidence.nvml_status) || (says_little(failure) && says_more(evidence.nvml_status))))
    verdict = tell(told_by_nvml(failure, *evidence.nvml_status), evidence);
  else if (says_little(failure) && broke_in_run(evidence))
    verdict = other_failure({failure, evidence, failed, ""});
  else
    verdict = tell(failure, evidence);
  for (std::string* text : {&verdict.cause, &verdict.evidence, &verdict.remedy})
    keep_to_one_line(*text);
  return verdict;
}

}  // namespace mnist
