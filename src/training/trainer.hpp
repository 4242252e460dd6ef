// The loop: evaluate, train some steps, repeat.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "engine/engine.hpp"
#include "report/result.hpp"

namespace mnist {

struct TrainingSettings {
  std::uint64_t max_steps = 1000;
  std::uint64_t eval_every = 10;  // 0: only at the end
  float learning_rate = 0.001f;
  int batch_size = 100;             // the engine's
  std::uint64_t seed = 0;           // of the sample order
  std::size_t training_images = 0;  // of the set that the engine has loaded
};

// Called with the updates done and the score over the test set.
using OnEvaluation = std::function<void(std::uint64_t step, const Score& score)>;

// Trains the engine from step 0 to max_steps. Evaluates after N updates for N = 0, eval_every, ...
// below max_steps and tells `on_evaluation`; then once more, after the last update, which is the
// final accuracy and told to nobody. Fills `result` as it goes: steps, curve, final accuracy and
// loss, images a second and the two times. Throws Error(wrong_numbers) with the step where a loss
// is not finite, and what the engine throws.
void train(Engine& engine, const TrainingSettings& settings, RunResult& result,
           const OnEvaluation& on_evaluation);

}  // namespace mnist
