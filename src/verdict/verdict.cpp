#include "verdict/verdict.hpp"

#include <new>
#include <system_error>

#include "base/error.hpp"

namespace mnist {

std::string_view cause_of(ExitCode code) {
  switch (code) {
    case ExitCode::passed:
      return "passed";
    case ExitCode::failed:
      return "failed";
    case ExitCode::usage:
      return "usage";
    case ExitCode::no_gpu:
      return "no driver, or no GPU";
    case ExitCode::driver_too_old:
      return "driver too old";
    case ExitCode::driver_mismatch:
      return "driver and library differ";
    case ExitCode::gpu_not_in_build:
      return "GPU architecture not in this build";
    case ExitCode::not_ready:
      return "GPU not ready";
    case ExitCode::busy:
      return "GPU busy";
    case ExitCode::permission:
      return "no permission to use the GPU";
    case ExitCode::out_of_device_memory:
      return "out of device memory";
    case ExitCode::hardware_fault:
      return "GPU hardware fault";
    case ExitCode::health_threshold:
      return "GPU health threshold";
    case ExitCode::wrong_numbers:
      return "wrong numbers";
    case ExitCode::accuracy_too_low:
      return "accuracy below what was asked";
    case ExitCode::not_reproducible:
      return "not reproducible";
    case ExitCode::data_unavailable:
      return "data cannot be had";
    case ExitCode::data_damaged:
      return "data damaged";
    case ExitCode::deadline_passed:
      return "own deadline passed";
    case ExitCode::bug:
      return "a bug in this program";
    case ExitCode::interrupted:
      return "ended by SIGINT";
    case ExitCode::terminated:
      return "ended by SIGTERM";
  }
  return "unknown";
}

Verdict verdict_of(const std::exception& failure) {
  const auto verdict = [](ExitCode code, std::string evidence, std::string remedy) {
    return Verdict{code, std::string(cause_of(code)), std::move(evidence), std::move(remedy)};
  };
  if (const auto* error = dynamic_cast<const Error*>(&failure))
    return verdict(error->code(), error->what(), error->remedy());
  if (dynamic_cast<const std::bad_alloc*>(&failure))
    return verdict(ExitCode::failed, "out of memory",
                   "give the process more memory, or take a smaller --batch_size");
  if (dynamic_cast<const std::system_error*>(&failure))
    return verdict(ExitCode::failed, std::string("the operating system refused: ") + failure.what(),
                   "look at the limits that the process runs under (ulimit -a, control groups)");
  return verdict(ExitCode::bug, failure.what(), "report it, with what --verbose prints");
}

std::string one_line(const Verdict& verdict) {
  if (verdict.code == ExitCode::passed)
    return verdict.evidence.empty() ? verdict.cause : verdict.cause + " " + verdict.evidence;
  std::string line = "failed (" + std::to_string(static_cast<int>(verdict.code)) + ")";
  // "failed (1): failed" would say it twice.
  if (verdict.code != ExitCode::failed) line += ": " + verdict.cause;
  if (!verdict.evidence.empty()) line += ": " + verdict.evidence;
  if (!verdict.remedy.empty()) line += "; " + verdict.remedy;
  return line;
}

}  // namespace mnist
