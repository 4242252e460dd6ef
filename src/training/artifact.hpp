// What a run leaves beside its reports: a checkpoint, summaries, an exported network, ...
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "dataset/dataset.hpp"
#include "engine/engine.hpp"
#include "network/network.hpp"
#include "report/result.hpp"
#include "training/engine_call.hpp"

namespace mnist {

// Follows a run and the first round of its training, and writes what it is for. Each call that is
// given the engine may use it, but leaves it in the state that it found it in. One that throws is
// not called again.
class Artifact {
 public:
  Artifact() = default;
  Artifact(const Artifact&) = delete;
  Artifact& operator=(const Artifact&) = delete;
  virtual ~Artifact() = default;

  // The file that write() replaces as a whole; empty where it does something else.
  virtual std::string file() const { return ""; }

  // The run goes on to another phase: "training".
  virtual void entered(const std::string& /*phase*/) {}
  // The training begins: of this network on a data set with these test images, which outlive it.
  virtual void begins(const NetworkPlan&, const Dataset& /*test*/) {}
  // As soon as a call of the engine by the trainer is through.
  virtual void called(const EngineCall&) {}
  // After an evaluation that training goes on from.
  virtual void evaluated(std::uint64_t /*step*/, const Score&, Engine&) {}
  // After steps `first`, `first` + 1, ...
  virtual void trained(std::uint64_t /*first*/, std::span<const StepResult>, Engine&) {}
  // After trained() of the one step `step`, where it was timed.
  virtual void timed(std::uint64_t /*step*/, const TimedStep&, Engine&) {}
  // After the last evaluation, or where the run is told to end before.
  virtual void end(Engine&) {}
  // Once the verdict is known; what replaces a file is called again where another output was lost
  // since, which may change the verdict.
  virtual void write(const RunResult&) {}
};

}  // namespace mnist
