#include "artifacts.hpp"

#include "machine/gpu_failure.hpp"

namespace mnist {

template <class Call>
void Artifacts::call_each(const Call& call) {
  std::erase_if(artifacts_, [&](const std::unique_ptr<Artifact>& artifact) {
    try {
      call(*artifact);
      return false;
    } catch (const GpuFailure&) {
      throw;
    } catch (const std::exception& failure) {
      const Verdict lost = verdict_of(failure);
      console_.warning(lost.evidence);
      if (!lost_) lost_ = lost;
      return true;
    }
  });
}

void Artifacts::entered(const std::string& phase) {
  call_each([&](Artifact& artifact) { artifact.entered(phase); });
}

void Artifacts::begins(const NetworkPlan& network, const Dataset& test) {
  call_each([&](Artifact& artifact) { artifact.begins(network, test); });
}

void Artifacts::called(const EngineCall& call) {
  call_each([&](Artifact& artifact) { artifact.called(call); });
}

void Artifacts::evaluated(std::uint64_t step, const Score& score, Engine& engine) {
  call_each([&](Artifact& artifact) { artifact.evaluated(step, score, engine); });
}

void Artifacts::trained(std::uint64_t first, std::span<const StepResult> steps, Engine& engine) {
  call_each([&](Artifact& artifact) { artifact.trained(first, steps, engine); });
}

void Artifacts::timed(std::uint64_t step, const TimedStep& timed, Engine& engine) {
  call_each([&](Artifact& artifact) { artifact.timed(step, timed, engine); });
}

void Artifacts::end(Engine& engine) {
  call_each([&](Artifact& artifact) { artifact.end(engine); });
}

std::vector<ResultWriter> Artifacts::writers() const {
  std::vector<ResultWriter> writers;
  for (const auto& artifact : artifacts_)
    writers.push_back({artifact->file(), [artifact = artifact.get()](const RunResult& result) {
                         artifact->write(result);
                       }});
  return writers;
}

}  // namespace mnist
