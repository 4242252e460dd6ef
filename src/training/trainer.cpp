#include "training/trainer.hpp"

#include <algorithm>
#include <cmath>
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
        step_(settings.first_step),
        cut_every_(settings.cut_every),
        order_(settings.seed, settings.training_images,
               static_cast<std::size_t>(settings.batch_size)),
        call_length_(most_steps_a_call(settings.batch_size)),
        learning_rates_(most_steps_a_call(settings.batch_size), settings.learning_rate) {
    result_.change([](RunResult& to) {
      to.timings.training = 0;
      to.timings.evaluation = 0;
    });
  }

  std::uint64_t step() const { return step_; }

  Score evaluate() {
    hooks_.between_calls();
    const Stopwatch watch;
    const Score score = engine_.evaluate();
    const double seconds = watch.seconds();
    result_.change([&](RunResult& to) { *to.timings.evaluation += seconds; });
    if (!std::isfinite(score.loss)) refuse_loss("test", step_, score.loss);
    result_.change([&](RunResult& to) { to.curve.push_back({step_, score.accuracy()}); });
    return score;
  }

  void train_until(std::uint64_t step) {
    while (step_ < step) {
      hooks_.between_calls();
      const Stopwatch watch;
      const std::uint64_t first = step_;
      const std::uint64_t until_cut = cut_every_ > 0 ? cut_every_ - first % cut_every_ : step;
      const auto count = static_cast<std::size_t>(
          std::min<std::uint64_t>({call_length_.steps(), step - first, until_cut}));
      const std::vector<StepResult> results =
          engine_.train(order_.batches(first, count), std::span(learning_rates_).first(count));
      const double seconds = watch.seconds();
      call_length_.took(count, seconds);
      step_ += count;
      result_.change([&](RunResult& to) {
        to.steps += count;
        *to.timings.training += seconds;
      });
      for (std::size_t i = 0; i < results.size(); ++i)
        if (!std::isfinite(results[i].loss)) refuse_loss("training", first + i, results[i].loss);
      hooks_.on_steps(first, results);
    }
  }

 private:
  Engine& engine_;
  LiveResult& result_;
  const TrainingHooks& hooks_;
  std::uint64_t step_;  // updates done
  const std::uint64_t cut_every_;
  SampleOrder order_;
  CallLength call_length_;
  std::vector<float> learning_rates_;
};

}  // namespace

void train(Engine& engine, const TrainingSettings& settings, LiveResult& result,
           const TrainingHooks& hooks) {
  Loop loop(engine, settings, result, hooks);
  const std::uint64_t stride = settings.eval_every > 0 ? settings.eval_every : settings.max_steps;
  while (loop.step() < settings.max_steps) {
    if (settings.eval_every > 0 && loop.step() % stride == 0)
      hooks.on_evaluation(loop.step(), loop.evaluate());
    loop.train_until(std::min(settings.max_steps, (loop.step() / stride + 1) * stride));
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
