#include "every_gpu/compare_gpus.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "report/read_result.hpp"

namespace mnist {
namespace {

std::string label(const Gpu& gpu) {
  return "cuda:" + std::to_string(gpu.index) + " (" + gpu.name + ", " + gpu.uuid + ")";
}

Check check_of(const GpuRun& run, ExitCode ended) {
  const Verdict& verdict = run.verdict;
  Check check{.group = "device",
              .name = "cuda:" + std::to_string(run.gpu.index),
              .outcome = Outcome::passed,
              .code = ExitCode::passed,
              .found = run.gpu.name + ", " + run.gpu.uuid + ": ",
              .remedy = verdict.remedy};
  if (verdict.code == ExitCode::passed) {
    const std::vector<Check> checks = result_of(run).checks;
    const auto strictly = verdict_of(with_warnings_as_failures(checks));
    if (!strictly) {
      check.found += one_line(verdict);
      return check;
    }
    check.outcome = Outcome::warned;
    check.code = strictly->code;
    check.found += strictly->evidence;
    const auto warnings = std::ranges::count(checks, Outcome::warned, &Check::outcome);
    if (warnings > 1) check.found += ", and " + std::to_string(warnings - 1) + " more";
    check.remedy = strictly->remedy;
    return check;
  }
  // What its code stands for is said by the code; a cause of its own is not, and is what kept it
  // from ending as it was told to.
  const bool has_own_cause = verdict.cause != cause_of(verdict.code);
  const bool ended_with_all = ended != ExitCode::passed && was_told_to_end(verdict.code);
  if (has_own_cause) check.found += verdict.cause + ": ";
  check.found += verdict.evidence;
  if (ended_with_all && !has_own_cause) {
    check.outcome = Outcome::unknown;
    check.remedy.clear();
  } else {
    check.outcome = Outcome::failed;
    check.code = ended_with_all ? ended : verdict.code;
  }
  return check;
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
    bool trained = false;  // or was to, and failed before
    Groups groups;
  };
  std::map<std::pair<std::string, std::string>, Kind> kinds;  // by name and driver
  for (const GpuRun& run : runs) {
    checks.push_back(check_of(run, ended));
    Kind& kind = kinds[{run.gpu.name, run.gpu.driver_version}];
    ++kind.gpus;
    kind.trained |= run.parameters_sha256 || run.verdict.code != ExitCode::passed;
    if (run.parameters_sha256) kind.groups[*run.parameters_sha256].push_back(&run);
  }
  for (const auto& [names, kind] : kinds)
    if (kind.trained)
      checks.push_back(
          compare(kinds.size() == 1 ? "same on every GPU" : "same on every " + names.first,
                  kind.gpus, kind.groups));
  return checks;
}

}  // namespace mnist
