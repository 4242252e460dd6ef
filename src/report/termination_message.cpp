#include "report/termination_message.hpp"

#include <algorithm>
#include <vector>

#include "report/clean_line.hpp"

namespace mnist {
namespace {

// The most bytes of each value, so that together with their names they always fit.
constexpr std::size_t most_reason = 1500;
constexpr std::size_t most_remedy = 1000;
constexpr std::size_t most_gpu = 120;
constexpr std::size_t most_gpus = 800;
constexpr std::size_t most_driver = 100;
constexpr std::size_t most_node = 260;  // Kubernetes takes names of 253
static_assert(most_reason + most_remedy + most_gpus + most_driver + most_node + 100 <
              most_termination_bytes);

// Nothing where there is no value.
std::string line(const std::string& name, const std::string& value, std::size_t most) {
  return value.empty() ? "" : name + ": " + clean_line(value, most) + "\n";
}

std::string gpu_line(const Gpu& gpu, const std::string& outcome) {
  return line("gpu", gpu.uuid + " (" + gpu.name + ")" + outcome, most_gpu);
}

// Those that failed first, and of the others as many as there is room for.
std::string gpu_run_lines(const std::vector<GpuRun>& runs) {
  std::vector<std::string> failed;
  std::vector<std::string> passed;
  for (const GpuRun& run : runs)
    if (run.verdict.code == ExitCode::passed)
      passed.push_back(gpu_line(run.gpu, ": passed"));
    else
      failed.push_back(gpu_line(
          run.gpu, ": failed (" + std::to_string(static_cast<int>(run.verdict.code)) + ")"));
  std::string text;
  for (const auto* lines : {&failed, &passed})
    for (const std::string& next : *lines)
      if (text.size() + next.size() <= most_gpus) text += next;
  return text;
}

std::string driver_of(const RunResult& result) {
  if (const Gpu* gpu = gpu_of(result); gpu && !gpu->driver_version.empty())
    return gpu->driver_version;
  for (const GpuRun& run : result.gpu_runs)
    if (!run.gpu.driver_version.empty()) return run.gpu.driver_version;
  return result.evidence ? result.evidence->kernel_driver : "";
}

std::string reason_of(const Verdict& verdict) {
  if (verdict.code == ExitCode::passed) return one_line(verdict);
  return verdict.evidence.empty() ? verdict.cause : verdict.cause + ": " + verdict.evidence;
}

}  // namespace

std::string termination_message(const RunResult& result) {
  const Verdict& verdict = result.verdict;
  const Gpu* const gpu = gpu_of(result);
  return std::string("verdict: ") + (verdict.code == ExitCode::passed ? "passed" : "failed") +
         "\ncode: " + std::to_string(static_cast<int>(verdict.code)) + "\n" +
         line("reason", reason_of(verdict), most_reason) +
         line("remedy", verdict.remedy, most_remedy) + (gpu ? gpu_line(*gpu, "") : "") +
         gpu_run_lines(result.gpu_runs) + line("driver", driver_of(result), most_driver) +
         line("node", result.place.node, most_node);
}

}  // namespace mnist
