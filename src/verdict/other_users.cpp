#include <string>

#include "verdict/health.hpp"

namespace mnist {
namespace {

// What drivers and Multi-Instance GPU take for themselves besides their reserve; whoever computes
// takes more.
constexpr std::uint64_t unused_bytes = 128 << 20;
// Whoever reads a GPU's state keeps it a little busy, too.
constexpr unsigned idle_percent = 10;

}  // namespace

Check judge_other_users(const Gpu& gpu) {
  Check check{"device", "other users", Outcome::unknown, ExitCode::passed, "", ""};
  const GpuReadings& now = gpu.readings;
  if (!gpu.readings_absent.empty()) {
    check.found = "NVML cannot be asked";  // why is said of the GPU's health
    return check;
  }
  if (gpu.mig && !gpu.uuid.starts_with("MIG-")) {
    check.found = "NVML tells of the whole GPU alone, and this is a part of it";
    return check;
  }
  const auto list = [&](const std::string& figure) {
    check.found += (check.found.empty() ? "" : ", ") + figure;
  };
  if (now.processes)
    list(std::to_string(*now.processes) + (*now.processes == 1 ? " process" : " processes"));
  if (now.memory_used_bytes) list(std::to_string(*now.memory_used_bytes >> 20) + " MiB in use");
  if (now.utilization_percent) list(std::to_string(*now.utilization_percent) + " % busy");
  if (now.processes.value_or(0) > 0 || now.memory_used_bytes.value_or(0) > unused_bytes ||
      now.utilization_percent.value_or(0) > idle_percent) {
    check.outcome = Outcome::warned;
    check.code = ExitCode::busy;
    check.found += " before the run";
    check.remedy = "give this run a GPU of its own, or stop the others (nvidia-smi lists them)";
  } else if (now.processes && now.memory_used_bytes) {
    check.outcome = Outcome::passed;
  } else {
    list(check.found.empty() ? "NVML does not tell" : "and NVML does not tell all");
  }
  return check;
}

}  // namespace mnist
