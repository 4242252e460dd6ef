// What TensorBoard shows of a run, written as it goes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dataset/obtain.hpp"
#include "report/console.hpp"
#include "summaries/event_file.hpp"
#include "summaries/hyper_parameters.hpp"
#include "summaries/network_graph.hpp"
#include "training/artifact.hpp"
#include "training/trainer.hpp"

namespace mnist {

// Makes `folder` and what is to be in it. Throws Error(usage) where that cannot be, or where no
// files could be made there.
void make_summary_folders(const std::filesystem::path& folder);

// In `folder`/train: loss and accuracy of each batch, by the number of updates done before it; the
// graph of a step, and how long its nodes took where a step was timed. In `folder`/test: those of
// the test set, at each evaluation; hyper-parameters. In both, at each evaluation: what parameters
// and activations (of the first test images) are like, and some images, of the first batch and of
// the test set. All that a call was told of is in the files when it returns. The tags are
// TensorFlow's, in its example mnist_with_summaries.
class Summaries final : public Artifact {
 public:
  // The folders are made, and training goes on from `first_step`; `keep` is the probability to keep
  // a value in it. `console` outlives this. Throws Error.
  Summaries(const std::filesystem::path& folder, const NetworkPlan& network,
            const TrainingData& data, const TrainingSettings& settings, float keep,
            std::uint64_t first_step, Console& console);

  void evaluated(std::uint64_t step, const Score& score, Engine& engine) override;
  void trained(std::uint64_t first, std::span<const StepResult> steps, Engine& engine) override;
  void timed(std::uint64_t step, const TimedStep& timed, Engine& engine) override;
  void end(Engine& engine) override;
  void write(const RunResult& result) override;

 private:
  void look_at_network(std::uint64_t step, Engine& engine);
  void flush();

  const NetworkPlan network_;
  const TrainingSettings settings_;
  const float keep_;
  Console& console_;
  const std::vector<std::string> scopes_;  // of the network's layers
  const std::vector<GraphNode> graph_;
  const ProtobufWriter training_images_;
  const ProtobufWriter test_images_;
  const std::vector<std::uint8_t> images_looked_into_;
  std::uint64_t steps_;  // updates done
  EventFile train_;
  EventFile test_;
  std::vector<std::vector<float>> outputs_;  // of each layer, when it was last looked at
  std::optional<std::uint64_t> looked_at_;
};

}  // namespace mnist
