#include "training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "dataset/sample_order.hpp"

namespace mnist {
namespace {

// Bounds the memory of a call's sample indices, and the time that a call takes.
constexpr std::size_t most_samples_a_call = 1'000'000;

[[noreturn]] void refuse_loss(const char* which, std::uint64_t step, double loss) {
  throw Error(
      ExitCode::wrong_numbers,
      std::string("the ") + which + " loss at step " + std::to_string(step) + " is " +
          (std::isnan(loss) ? "nan" : std::to_string(loss)) + ", not a finite number",
      "try a smaller --learning_rate; if the default does the same, this device computes wrongly");
}

class Loop {
 public:
  Loop(Engine& engine, const TrainingSettings& settings, RunResult& result)
      : engine_(engine),
        result_(result),
        order_(settings.seed, settings.training_images,
               static_cast<std::size_t>(settings.batch_size)),
        steps_a_call_(std::clamp<std::size_t>(
            most_samples_a_call / static_cast<std::size_t>(settings.batch_size), 1,
            Engine::most_steps_a_call)),
        learning_rates_(steps_a_call_, settings.learning_rate) {
    result_.timings.training = 0;
    result_.timings.evaluation = 0;
  }

  Score evaluate() {
    const Stopwatch watch;
    const Score score = engine_.evaluate();
    *result_.timings.evaluation += watch.seconds();
    if (!std::isfinite(score.loss)) refuse_loss("test", result_.steps, score.loss);
    result_.curve.push_back({result_.steps, score.accuracy()});
    return score;
  }

  void train_until(std::uint64_t step) {
    while (result_.steps < step) {
      const Stopwatch watch;
      const std::size_t steps =
          static_cast<std::size_t>(std::min<std::uint64_t>(steps_a_call_, step - result_.steps));
      const std::uint64_t first = result_.steps;
      const std::vector<StepResult> losses =
          engine_.train(order_.batches(first, steps), std::span(learning_rates_).first(steps));
      result_.steps += steps;
      *result_.timings.training += watch.seconds();
      for (std::size_t i = 0; i < losses.size(); ++i)
        if (!std::isfinite(losses[i].loss)) refuse_loss("training", first + i, losses[i].loss);
    }
  }

 private:
  Engine& engine_;
  RunResult& result_;
  SampleOrder order_;
  std::size_t steps_a_call_;
  std::vector<float> learning_rates_;
};

}  // namespace

void train(Engine& engine, const TrainingSettings& settings, RunResult& result,
           const OnEvaluation& on_evaluation) {
  Loop loop(engine, settings, result);
  const std::uint64_t stride = settings.eval_every > 0 ? settings.eval_every : settings.max_steps;
  while (result.steps < settings.max_steps) {
    if (settings.eval_every > 0) on_evaluation(result.steps, loop.evaluate());
    loop.train_until(std::min(settings.max_steps, result.steps + stride));
  }
  const Score last = loop.evaluate();
  result.final_accuracy = last.accuracy();
  result.final_loss = last.loss;
  if (result.steps > 0 && *result.timings.training > 0)
    result.images_per_second =
        static_cast<double>(result.steps) * settings.batch_size / *result.timings.training;
}

}  // namespace mnist
