#include "training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "dataset/sample_order.hpp"
#include "training/call_length.hpp"

namespace mnist {
namespace {

// Bounds the memory of a call's sample indices.
constexpr std::size_t most_samples_a_call = 1'000'000;

std::size_t most_steps_a_call(int batch_size) {
  return std::clamp<std::size_t>(most_samples_a_call / static_cast<std::size_t>(batch_size), 1,
                                 Engine::most_steps_a_call);
}

[[noreturn]] void refuse_loss(const char* which, std::uint64_t step, double loss) {
  throw Error(
      ExitCode::wrong_numbers,
      std::string("the ") + which + " loss at step " + std::to_string(step) + " is " +
          (std::isnan(loss) ? "nan" : std::to_string(loss)) + ", not a finite number",
      "try a smaller --learning_rate; if the default does the same, this device computes wrongly");
}

class Loop {
 public:
  Loop(Engine& engine, const TrainingSettings& settings, LiveResult& result,
       const TrainingHooks& hooks)
      : engine_(engine),
        result_(result),
        hooks_(hooks),
        order_(settings.seed, settings.training_images,
               static_cast<std::size_t>(settings.batch_size)),
        timed_every_(settings.timed_every),
        call_length_(most_steps_a_call(settings.batch_size)),
        learning_rates_(most_steps_a_call(settings.batch_size), settings.learning_rate) {
    result_.change([](RunResult& to) {
      to.timings.training = 0;
      to.timings.evaluation = 0;
    });
  }

  std::uint64_t steps() const { return result_.own().steps; }

  Score evaluate() {
    hooks_.between_calls();
    const Stopwatch watch;
    const Score score = engine_.evaluate();
    const double seconds = watch.seconds();
    result_.change([&](RunResult& to) { *to.timings.evaluation += seconds; });
    if (!std::isfinite(score.loss)) refuse_loss("test", steps(), score.loss);
    result_.change([&](RunResult& to) { to.curve.push_back({to.steps, score.accuracy()}); });
    return score;
  }

  void train_until(std::uint64_t step) {
    while (steps() < step) {
      hooks_.between_calls();
      const std::uint64_t untimed = steps_until_timed();
      if (untimed == 0)
        train_timed();
      else
        train_some(std::min({std::uint64_t{call_length_.steps()}, step - steps(), untimed}));
    }
  }

 private:
  std::uint64_t steps_until_timed() const {
    if (timed_every_ == 0) return std::numeric_limits<std::uint64_t>::max();
    return timed_every_ - 1 - steps() % timed_every_;
  }

  void train_some(std::size_t count) {
    const std::uint64_t first = steps();
    const Stopwatch watch;
    const std::vector<StepResult> results =
        engine_.train(order_.batches(first, count), std::span(learning_rates_).first(count));
    const double seconds = watch.seconds();
    call_length_.took(count, seconds);
    take(results, seconds);
  }

  void train_timed() {
    const std::uint64_t step = steps();
    const Stopwatch watch;
    const TimedStep timed = engine_.train_timed(order_.batches(step, 1), learning_rates_.front());
    take(std::span(&timed.result, 1), watch.seconds());
    hooks_.on_timed_step(step, timed);
  }

  // What came of the next steps.
  void take(std::span<const StepResult> results, double seconds) {
    const std::uint64_t first = steps();
    result_.change([&](RunResult& to) {
      to.steps += results.size();
      *to.timings.training += seconds;
    });
    for (std::size_t i = 0; i < results.size(); ++i)
      if (!std::isfinite(results[i].loss)) refuse_loss("training", first + i, results[i].loss);
    hooks_.on_steps(first, results);
  }

  Engine& engine_;
  LiveResult& result_;
  const TrainingHooks& hooks_;
  SampleOrder order_;
  std::uint64_t timed_every_;
  CallLength call_length_;
  std::vector<float> learning_rates_;
};

}  // namespace

void train(Engine& engine, const TrainingSettings& settings, LiveResult& result,
           const TrainingHooks& hooks) {
  Loop loop(engine, settings, result, hooks);
  const std::uint64_t stride = settings.eval_every > 0 ? settings.eval_every : settings.max_steps;
  while (loop.steps() < settings.max_steps) {
    if (settings.eval_every > 0) hooks.on_evaluation(loop.steps(), loop.evaluate());
    loop.train_until(std::min(settings.max_steps, loop.steps() + stride));
  }
  const Score last = loop.evaluate();
  result.change([&](RunResult& to) {
    to.final_accuracy = last.accuracy();
    to.final_loss = last.loss;
    if (to.steps > 0 && *to.timings.training > 0)
      to.images_per_second =
          static_cast<double>(to.steps) * settings.batch_size / *to.timings.training;
  });
}

}  // namespace mnist
