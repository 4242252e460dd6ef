#include "every_gpu/compare_gpus.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace mnist {
namespace {

std::string label(const Gpu& gpu) {
  return "cuda:" + std::to_string(gpu.index) + " (" + gpu.name + ", " + gpu.uuid + ")";
}

Check check_of(const GpuRun& run, ExitCode ended) {
  const Verdict& verdict = run.verdict;
  const bool passed = verdict.code == ExitCode::passed;
  const bool ended_as_told = ended != ExitCode::passed && was_told_to_end(verdict.code);
  std::string found = run.gpu.name + ", " + run.gpu.uuid + ": ";
  // What its code stands for is said by the code; a cause of its own is not.
  if (!passed && verdict.cause != cause_of(verdict.code)) found += verdict.cause + ": ";
  found += passed ? one_line(verdict) : verdict.evidence;
  return {.group = "device",
          .name = "cuda:" + std::to_string(run.gpu.index),
          .outcome = passed          ? Outcome::passed
                     : ended_as_told ? Outcome::unknown
                                     : Outcome::failed,
          .code = ended_as_told ? ExitCode::passed : verdict.code,
          .found = std::move(found),
          .remedy = verdict.remedy};
}

// Enough of a hash to tell it from others in a line; the result has all of it.
std::string shortened(const std::string& hash) { return hash.substr(0, 12); }

// GPUs of one kind, by what they came to.
using Groups = std::map<std::string, std::vector<const GpuRun*>>;

std::string listed(const std::vector<const GpuRun*>& runs) {
  std::string text;
  for (const GpuRun* run : runs) text += (text.empty() ? "" : ", ") + label(run->gpu);
  return text;
}

Check compare(const std::string& name, std::size_t gpus, const Groups& groups) {
  Check check{.group = "numbers",
              .name = name,
              .outcome = Outcome::unknown,
              .code = ExitCode::passed,
              .found = "",
              .remedy = ""};
  std::size_t compared = 0;
  for (const auto& [parameters, runs] : groups) compared += runs.size();
  const auto largest =
      std::ranges::max_element(groups, {}, [](const auto& group) { return group.second.size(); });
  if (compared < 2) {
    check.found = "nothing was compared: " + std::to_string(compared) + " of " +
                  std::to_string(gpus) + (gpus == 1 ? " GPU" : " GPUs") +
                  " of this kind came to parameters";
  } else if (groups.size() == 1) {
    check.outcome = Outcome::passed;
    check.found =
        std::to_string(compared) + " GPUs came to the parameters " + shortened(largest->first);
  } else {
    const bool most = 2 * largest->second.size() > compared;
    check.outcome = Outcome::failed;
    check.code = ExitCode::not_reproducible;
    for (const auto& [parameters, runs] : groups)
      if (!most || parameters != largest->first)
        check.found += (check.found.empty() ? "" : "; ") + listed(runs) +
                       " came to the parameters " + shortened(parameters);
    if (most)
      check.found += "; the other " + std::to_string(largest->second.size()) + " came to " +
                     shortened(largest->first);
    check.remedy = most
                       ? "take the GPU out of use; whether it differs from itself is seen with "
                         "--repeat 2 on it alone"
                       : "run each alone with --repeat 2: one that differs from itself is at fault";
  }
  return check;
}

}  // namespace

std::vector<Check> compare_gpus(const std::vector<GpuRun>& runs, ExitCode ended) {
  std::vector<Check> checks;
  struct Kind {
    std::size_t gpus = 0;
    Groups groups;
  };
  std::map<std::pair<std::string, std::string>, Kind> kinds;  // by name and driver
  for (const GpuRun& run : runs) {
    checks.push_back(check_of(run, ended));
    Kind& kind = kinds[{run.gpu.name, run.gpu.driver_version}];
    ++kind.gpus;
    if (run.parameters_sha256) kind.groups[*run.parameters_sha256].push_back(&run);
  }
  for (const auto& [names, kind] : kinds)
    checks.push_back(
        compare(kinds.size() == 1 ? "same on every GPU" : "same on every " + names.first, kind.gpus,
                kind.groups));
  return checks;
}

}  // namespace mnist
