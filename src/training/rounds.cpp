#include "training/rounds.hpp"

#include <bit>
#include <string>
#include <vector>

#include "base/stopwatch.hpp"
#include "report/closing_lines.hpp"

namespace mnist {
namespace {

// Other than by ==, NaN is the same as itself, and 0 is not -0.
bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

// What the first round came to, and what a later one makes of it.
class FirstRound {
 public:
  explicit FirstRound(std::uint64_t first_step) : first_step_(first_step) {}

  void keep_losses(std::span<const StepResult> steps) {
    for (const StepResult& step : steps) losses_.push_back(step.loss);
  }
  void keep_parameters(std::vector<float> parameters) { parameters_ = std::move(parameters); }

  // A round of comparing begins; what it differs in is told by difference().
  void begin() { difference_.clear(); }
  void compare_losses(std::uint64_t first, std::span<const StepResult> steps) {
    for (std::size_t i = 0; i < steps.size() && difference_.empty(); ++i)
      if (const float loss = losses_[first - first_step_ + i]; !same_bits(loss, steps[i].loss))
        difference_ = "first at step " + std::to_string(first + i) + ": loss " +
                      shortest_decimal(loss) + " and " + shortest_decimal(steps[i].loss);
  }
  void compare_parameters(const std::vector<float>& parameters) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (!same_bits(parameters_[i], parameters[i])) ++different;
    if (different > 0 && difference_.empty())
      difference_ = "after the last step: " + std::to_string(different) + " of " +
                    std::to_string(parameters_.size()) + " parameters";
  }
  const std::string& difference() const { return difference_; }

 private:
  std::uint64_t first_step_;
  std::vector<float> losses_;
  std::vector<float> parameters_;
  std::string difference_;  // the first that was found; empty where there is none
};

// Trains once more, and adds to `result` what took time, as it goes.
void train_again(Engine& engine, const TrainingSettings& settings, LiveResult& result,
                 const TrainingHooks& hooks, FirstRound& first_round) {
  LiveResult round{RunResult{}};
  const std::uint64_t steps = result.own().steps;
  const Timings timings = result.own().timings;
  const auto add_round = [&] {
    result.change([&](RunResult& to) {
      to.steps = steps + round.own().steps;
      to.timings.training = *timings.training + *round.own().timings.training;
      to.timings.evaluation = *timings.evaluation + *round.own().timings.evaluation;
    });
  };
  TrainingSettings steps_alone = settings;
  steps_alone.eval_every = 0;
  steps_alone.timed_every = 0;
  first_round.begin();
  train(engine, steps_alone, round,
        {.between_calls =
             [&] {
               add_round();
               hooks.between_calls();
             },
         .on_steps = [&](std::uint64_t first,
                         auto results) { first_round.compare_losses(first, results); }});
  add_round();
}

Check check_of(std::uint64_t rounds, std::uint64_t steps, const std::string& difference,
               double seconds) {
  Check check;
  check.group = "numbers";
  check.name = "same numbers";
  check.seconds = seconds;
  if (difference.empty()) {
    check.outcome = Outcome::passed;
    check.found = std::to_string(rounds) + " rounds of " + std::to_string(steps) +
                  (steps == 1 ? " step" : " steps") + " gave the same bits";
  } else {
    check.outcome = Outcome::failed;
    check.code = ExitCode::not_reproducible;
    check.found = "round " + std::to_string(rounds) + " differs from round 1, " + difference;
    check.remedy = faulty_device_remedy;
  }
  return check;
}

}  // namespace

std::optional<Check> train_rounds(Engine& engine, const TrainingState& start,
                                  const TrainingSettings& asked_settings, const RoundsAsked& asked,
                                  LiveResult& result, const TrainingHooks& hooks) {
  const Stopwatch watch;
  TrainingSettings settings = asked_settings;
  settings.first_step = start.step;
  const bool may_repeat = asked.least > 1 || asked.least_seconds > 0;
  FirstRound first_round(start.step);
  TrainingHooks first_hooks = hooks;
  if (may_repeat)
    first_hooks.on_steps = [&](std::uint64_t first, std::span<const StepResult> steps) {
      first_round.keep_losses(steps);
      hooks.on_steps(first, steps);
    };
  engine.restore(start);
  train(engine, settings, result, first_hooks);
  result.change([](RunResult& to) { to.rounds = 1; });
  if (may_repeat) first_round.keep_parameters(engine.parameters());

  std::uint64_t rounds = 1;
  while (first_round.difference().empty() &&
         (rounds < asked.least || watch.seconds() < asked.least_seconds)) {
    engine.restore(start);
    train_again(engine, settings, result, hooks, first_round);
    first_round.compare_parameters(engine.parameters());
    ++rounds;
    result.change([&](RunResult& to) {
      to.rounds = rounds;
      if (to.images_per_second)
        to.images_per_second =
            static_cast<double>(to.steps) * settings.batch_size / *to.timings.training;
    });
  }
  if (rounds == 1) return std::nullopt;
  return check_of(rounds, settings.max_steps - start.step, first_round.difference(),
                  watch.seconds());
}

}  // namespace mnist
