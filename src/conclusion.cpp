#include "conclusion.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "network/named_networks.hpp"
#include "report/closing_lines.hpp"
#include "run_facts.hpp"

namespace mnist {
namespace {

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// What the networks reach and more on MNIST and the synthetic digits with the defaults, whatever
// the seed. A device that learns less is broken, even where nobody asked for an accuracy.
std::optional<double> least_plausible_accuracy(const Options& options,
                                               const DatasetFacts& dataset) {
  constexpr std::uint64_t steps_that_learn = 100;
  const Options defaults;
  const bool ordinary = options.learning_rate == defaults.learning_rate &&
                        options.batch_size == defaults.batch_size &&
                        keep_probability(options) >= default_keep(options.model) &&
                        options.max_steps >= steps_that_learn;
  if (!ordinary || (dataset.name != "mnist" && dataset.name != "synthetic")) return std::nullopt;
  return 0.7;
}

// Of --device all.
std::string every_gpu(const RunResult& result) {
  const auto count = [&](const char* group, Outcome outcome) {
    return static_cast<std::size_t>(std::ranges::count_if(result.checks, [&](const Check& check) {
      return check.group == group && check.outcome == outcome;
    }));
  };
  std::string text = "with " + counted(result.gpu_runs.size(), "GPU") + " tried, each by itself";
  if (count("numbers", Outcome::passed) > 0) text += ", and those of a kind to the same bits";
  if (const std::size_t warned = count("device", Outcome::warned); warned > 0)
    text += "; " + counted(warned, "check") + " warned";
  return text;
}

}  // namespace

std::vector<Check> held_to(const Options& options, std::vector<Check> checks) {
  return options.strict ? with_warnings_as_failures(std::move(checks)) : checks;
}

Check judge_accuracy(const Options& options, const RunResult& result) {
  const double accuracy = *result.final_accuracy;
  Check check{.group = "training",
              .name = "accuracy",
              .outcome = Outcome::passed,
              .found = shortest_decimal(accuracy) + " after " +
                       counted(static_cast<std::size_t>(options.max_steps), "step"),
              .remedy = ""};
  const auto fail = [&](const std::string& expected, const std::string& remedy) {
    check.outcome = Outcome::failed;
    check.code = ExitCode::accuracy_too_low;
    check.found = "the final accuracy is " + shortest_decimal(accuracy) + ", and " + expected;
    check.remedy = remedy;
  };
  const std::optional<double> plausible = least_plausible_accuracy(options, *result.dataset);
  if (options.min_accuracy && accuracy < *options.min_accuracy)
    fail("at least " + shortest_decimal(*options.min_accuracy) + " was asked for",
         "train longer (--max_steps), or ask for less (--min_accuracy)");
  else if (plausible && accuracy < *plausible)
    fail("this network reaches more than " + shortest_decimal(*plausible) +
             " with these settings on a device that computes rightly",
         "do not trust this device; run it again with --repeat 2");
  return check;
}

Verdict verdict_of_pass(const Options& options, const RunResult& result,
                        const std::optional<Gpu>& gpu) {
  const auto count = [&](Outcome outcome) {
    return static_cast<std::size_t>(std::ranges::count(result.checks, outcome, &Check::outcome));
  };
  std::string evidence;
  if (options.list_devices)
    evidence = "with " + counted(result.devices.size(), "GPU") + " listed, none tested";
  else if (options.device.kind == DeviceKind::all)
    evidence = every_gpu(result);
  else if (options.preflight)
    evidence = "the preflight, which trains nothing";
  else if (!gpu && options.device.kind == DeviceKind::automatic)
    evidence = "on the CPU: no GPU was tested";
  else
    evidence = "with accuracy " + shortest_decimal(*result.final_accuracy) + " after " +
               counted(static_cast<std::size_t>(options.max_steps), "step");
  if (gpu) {
    const std::string name = gpu->name + " (" + gpu->uuid + ")";
    const std::size_t warned = count(Outcome::warned);
    evidence += warned > 0 ? "; of " + name + " " + counted(warned, "check") + " warned, "
                           : "; nothing wrong was found with " + name + ", ";
    evidence += std::to_string(count(Outcome::passed)) + " passed, " +
                std::to_string(count(Outcome::unknown)) + " could not be judged";
  }
  if (options.dataset == DatasetChoice::automatic && result.dataset &&
      result.dataset->name == "synthetic")
    evidence += ", and on synthetic digits: MNIST could not be fetched";
  return {ExitCode::passed, std::string(cause_of(ExitCode::passed)), evidence, ""};
}

}  // namespace mnist
