// The artifacts that a run was asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "report/console.hpp"
#include "report/reports.hpp"
#include "training/artifact.hpp"
#include "training/trainer.hpp"

namespace mnist {

// Calls each artifact. One that fails is told of at once, and called no more: it must not end a run
// that trains.
class Artifacts {
 public:
  // `console` outlives it.
  explicit Artifacts(Console& console) : console_(console) {}

  void add(std::unique_ptr<Artifact> artifact) { artifacts_.push_back(std::move(artifact)); }

  void entered(const std::string& phase);
  void begins(const NetworkPlan& network, const Dataset& test);
  void called(const EngineCall& call);
  void evaluated(std::uint64_t step, const Score& score, Engine& engine);
  void trained(std::uint64_t first, std::span<const StepResult> steps, Engine& engine);
  void timed(std::uint64_t step, const TimedStep& timed, Engine& engine);
  void end(Engine& engine);

  // What became of the first that failed: the run's verdict, had it passed.
  const std::optional<Verdict>& lost() const { return lost_; }
  // Those that did not fail, to be written once the verdict is known. They are not to outlive this.
  std::vector<ResultWriter> writers() const;

 private:
  template <class Call>
  void call_each(const Call& call);

  Console& console_;
  std::vector<std::unique_ptr<Artifact>> artifacts_;
  std::optional<Verdict> lost_;  // the first
};

}  // namespace mnist
