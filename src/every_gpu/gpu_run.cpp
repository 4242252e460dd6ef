#include "every_gpu/gpu_run.hpp"

#include <csignal>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "report/read_result.hpp"

namespace mnist {
namespace {

bool is_known(int code) { return cause_of(static_cast<ExitCode>(code)) != "unknown"; }

// What the process wrote; nothing where that is no result.
std::optional<RunResult> read(const std::string& json) {
  try {
    RunResult result = read_result(json);
    if (is_known(static_cast<int>(result.verdict.code))) return result;
  } catch (const Error&) {
  }
  return std::nullopt;
}

// The GPU that the process ran on, where it was another than it was given. With some drivers a part
// of a GPU goes by the UUID of the whole.
std::optional<std::string> other_gpu(const Gpu& given, const RunResult& result) {
  if (result.devices.empty() || !result.devices.front().gpu) return std::nullopt;
  const Gpu& used = *result.devices.front().gpu;
  const bool whole_of_a_part = given.uuid.starts_with("MIG-") && used.mig;
  if (used.uuid == given.uuid || whole_of_a_part) return std::nullopt;
  return used.uuid;
}

Verdict failed(ExitCode code, std::string evidence, std::string remedy) {
  return {code, std::string(cause_of(code)), std::move(evidence), std::move(remedy)};
}

Verdict ended_by_signal(int signal) {
  const char* remedy = "look in dmesg for an Xid, and run it on this GPU alone (--device cuda:N)";
  if (signal == SIGKILL) remedy = "look in dmesg whether memory ran out; give the container more";
  if (signal == SIGTERM || signal == SIGINT) remedy = "run it again: somebody ended it";
  return failed(ExitCode::failed,
                "its process was ended by signal " + std::to_string(signal) + " (" +
                    ::strsignal(signal) + ")",
                remedy);
}

// Of a process that wrote no result.
Verdict without_result(int exit_status, const std::string& last_line) {
  const bool passed_or_unknown = exit_status == 0 || !is_known(exit_status);
  return failed(passed_or_unknown ? ExitCode::failed : static_cast<ExitCode>(exit_status),
                "its process ended with " + std::to_string(exit_status) +
                    " and no result that can be read" + (last_line.empty() ? "" : ": " + last_line),
                "run it on this GPU alone (--device cuda:N) to see all that it says");
}

}  // namespace

GpuRun gpu_run(const Gpu& gpu, const ChildEnd& end, const std::string& json,
               const std::string& last_line) {
  GpuRun run;
  run.gpu = gpu;
  const std::optional<RunResult> result = read(json);
  if (result) {
    run.json = json;
    run.verdict = result->verdict;
    run.final_accuracy = result->final_accuracy;
    run.parameters_sha256 = result->parameters_sha256;
    // NVML's name of a part of a GPU says less than CUDA's.
    if (!result->devices.empty()) run.gpu.name = result->devices.front().name;
    // What failed before it ended badly is the cause.
    if (run.verdict.code != ExitCode::passed) return run;
    if (const auto other = other_gpu(gpu, *result)) {
      run.verdict = failed(ExitCode::failed, "its process ran on " + *other + " instead",
                           "look whether CUDA heeds CUDA_VISIBLE_DEVICES=" + gpu.uuid);
      return run;
    }
  }
  if (end.signal)
    run.verdict = ended_by_signal(*end.signal);
  else if (!end.exit_status)
    run.verdict = failed(ExitCode::failed, "nobody can tell how its process ended",
                         "do not start this program with SIGCHLD ignored");
  else if (!result || *end.exit_status != 0)
    run.verdict = without_result(*end.exit_status, last_line);
  return run;
}

}  // namespace mnist
