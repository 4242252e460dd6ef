// The loop: evaluate, train some steps, repeat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "engine/engine.hpp"
#include "report/live_result.hpp"

namespace mnist {

struct TrainingSettings {
  std::uint64_t max_steps = 1000;
  std::uint64_t eval_every = 10;  // 0: only at the end
  float learning_rate = 0.001f;
  int batch_size = 100;             // the engine's
  std::uint64_t seed = 0;           // of the sample order
  std::size_t training_images = 0;  // of the set that the engine has loaded
  std::uint64_t timed_every = 0;    // 100: steps 99, 199, ... are timed; 0: none
};

struct TrainingHooks {
  // Called with the updates done and the score over the test set.
  std::function<void(std::uint64_t step, const Score& score)> on_evaluation = [](std::uint64_t,
                                                                                 const Score&) {};
  // Called before each call of the engine, a fraction of a second apart; ends the run by throwing.
  std::function<void()> between_calls = [] {};
  // Called with what came of steps `first`, `first` + 1, ..., in their order.
  std::function<void(std::uint64_t first, std::span<const StepResult> steps)> on_steps =
      [](std::uint64_t, std::span<const StepResult>) {};
  // Called after on_steps() where step `step` was timed.
  std::function<void(std::uint64_t step, const TimedStep& timed)> on_timed_step =
      [](std::uint64_t, const TimedStep&) {};
};

// Trains the engine from step 0 to max_steps. Evaluates after N updates for N = 0, eval_every, ...
// below max_steps and tells `on_evaluation`; then once more, after the last update, which is the
// final accuracy and told to nobody. Fills `result` as it goes: steps, curve, final accuracy and
// loss, images a second and the two times. Throws Error(wrong_numbers) with the step where a loss
// is not finite, and what the engine and the hooks throw.
void train(Engine& engine, const TrainingSettings& settings, LiveResult& result,
           const TrainingHooks& hooks);

}  // namespace mnist
