// Training again and again from the same start, which has to give the same bits.
#pragma once

#include <cstdint>
#include <optional>

#include "training/trainer.hpp"
#include "verdict/check.hpp"

namespace mnist {

struct RoundsAsked {
  std::uint64_t least = 1;
  double least_seconds = 0;  // goes on until then, in whole rounds
};

// Trains from `start`, round after round, and compares each with the first, bit for bit: the loss
// of every step, and the parameters that it ends with. `start` says which step is the first. The
// curve, the final accuracy and `hooks` but for between_calls() tell of the first round; steps,
// times, images a second and the count of `result` are of all. Stops after the round that differs.
// The check, of the group "numbers", names the round and the first step whose loss differed;
// nothing where one round was all. Where more than one round is asked for, the first one's losses
// and parameters are kept, 4 bytes each (a vector of losses may take twice that while it grows).
// Throws what train() throws.
std::optional<Check> train_rounds(Engine& engine, const TrainingState& start,
                                  const TrainingSettings& settings, const RoundsAsked& asked,
                                  LiveResult& result, const TrainingHooks& hooks);

}  // namespace mnist
