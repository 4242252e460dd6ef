// What a run leaves beside its reports: a checkpoint, summaries, an exported network, ...
#pragma once

#include <cstdint>
#include <span>

#include "engine/engine.hpp"
#include "report/result.hpp"

namespace mnist {

// Follows the first round of a training, and writes what it is for. Each call may use the engine,
// but leaves it in the state that it found it in. One that throws is not called again.
class Artifact {
 public:
  Artifact() = default;
  Artifact(const Artifact&) = delete;
  Artifact& operator=(const Artifact&) = delete;
  virtual ~Artifact() = default;

  // After an evaluation that training goes on from.
  virtual void evaluated(std::uint64_t /*step*/, const Score&, Engine&) {}
  // After steps `first`, `first` + 1, ...
  virtual void trained(std::uint64_t /*first*/, std::span<const StepResult>, Engine&) {}
  // After trained() of the one step `step`, where it was timed.
  virtual void timed(std::uint64_t /*step*/, const TimedStep&, Engine&) {}
  // After the last evaluation, or where the run is told to end before.
  virtual void end(Engine&) {}
  // Once the verdict is known.
  virtual void write(const RunResult&) {}
};

}  // namespace mnist
