// The causes that a failure may have, each told from what was seen of the machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "machine/evidence.hpp"
#include "machine/gpu_failure.hpp"
#include "verdict/compatibility.hpp"
#include "verdict/verdict.hpp"

namespace mnist {

// A failure, the machine that it happened on, and what the table in diagnosis.cpp has for it.
struct Case {
  const GpuFailureFacts& failure;
  const Evidence& seen;
  ExitCode code = ExitCode::failed;
  std::string cause;

  bool in_container() const { return !seen.place.container.empty(); }
  // " on the host" in a container, where a remedy is to be taken there.
  std::string on_host() const { return in_container() ? " on the host" : ""; }
  bool has_device(std::string_view path) const;
  bool has_gpu_device() const;  // /dev/nvidia0, 1, ...
  // The driver's version: "535.104.05"; empty where it is unknown.
  const std::string& driver() const;
  // Of the newest GPU in this machine; null where it is unknown.
  const Generation* generation() const;
  int compute() const;  // the GPU's compute capability, as 75; 0: unknown
  bool driver_runs(const Build& build) const;
  // Whether there is a driver that is for this GPU and runs it, and whether it has code for the
  // GPU, too. True where that is unknown.
  bool has_driver_for(const Build& build) const;
  bool suits_gpu(const Build& build) const;
  const Build* this_build() const;  // null where it is none of those that are known
  // The newest build, but for this one, that suits the GPU and that this driver runs; null for
  // none.
  const Build* other_build() const;
  // The verdict that differs from the table's at most in its cause.
  Verdict verdict(std::string evidence, std::string remedy) const;
};

// Of a driver, a GPU or a library that is not there (cause_absent.cpp).
Verdict no_device(const Case&);
Verdict no_libcuda(const Case&);
Verdict no_nvml(const Case&);
Verdict missing_library(const Case&);
Verdict mixed_cudnn(const Case&);
Verdict unified_memory(const Case&);

// Of versions that do not go together (cause_versions.cpp).
Verdict insufficient_driver(const Case&);
Verdict old_driver(const Case&);
Verdict unsupported_compat(const Case&);
Verdict stub_library(const Case&);
Verdict mismatch(const Case&);
Verdict not_in_build(const Case&);
Verdict not_in_library(const Case&);
bool is_compat(const std::string& libcuda);

// Of a GPU that is not to be had now, or not by this process (cause_refused.cpp).
Verdict fabric_not_ready(const Case&);
Verdict mps_not_ready(const Case&);
Verdict mps_full(const Case&);
Verdict in_use(const Case&);
Verdict out_of_memory(const Case&);
Verdict no_permission(const Case&);
Verdict lost_control_group(const Case&);
Verdict unknown_error(const Case&);  // NVML's
// Nothing where this process may use each of /dev/nvidia*.
std::optional<Verdict> refused_devices(const Case&);

// Of a GPU that is broken, or of our own code (cause_broken.cpp).
Verdict broken_gpu(const Case&);
Verdict kernel_fault(const Case&);
Verdict other_failure(const Case&);
// Whether the GPU's hardware failed while this process ran.
bool broke_in_run(const Evidence& seen);

}  // namespace mnist
