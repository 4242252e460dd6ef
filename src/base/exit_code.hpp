// How a run can end: one code a cause, so that a podFailurePolicy or a CI job can act on it.
#pragma once

namespace mnist {

// The values are the process's exit status, a public contract (see the README): never renumbered,
// and below 126, which shells and Kubernetes keep for themselves; but for the two that a shell
// expects of what a signal ended.
enum class ExitCode : int {
  passed = 0,
  failed = 1,  // none of the causes below
  usage = 2,
  no_gpu = 10,  // no driver, no GPU, or no library to use it with
  driver_too_old = 11,
  driver_mismatch = 12,
  gpu_not_in_build = 13,
  not_ready = 14,  // fabric manager, MPS
  busy = 15,
  permission = 16,
  out_of_device_memory = 17,
  hardware_fault = 20,
  health_threshold = 21,
  wrong_numbers = 30,
  accuracy_too_low = 31,
  not_reproducible = 32,
  data_unavailable = 40,
  data_damaged = 41,
  deadline_passed = 50,
  bug = 70,
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

// By a signal, or by its own deadline: nothing need be wrong with what it did by then.
constexpr bool was_told_to_end(ExitCode code) {
  return code == ExitCode::interrupted || code == ExitCode::terminated ||
         code == ExitCode::deadline_passed;
}

}  // namespace mnist
