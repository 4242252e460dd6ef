#include "kept_network.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/whole_file.hpp"
#include "exchange/checkpoint.hpp"
#include "exchange/model_file.hpp"
#include "exchange/onnx.hpp"
#include "report/closing_lines.hpp"
#include "run_facts.hpp"

namespace mnist {
namespace {

// A file that is replaced every so many steps, where the training ends, and where it is told to
// end. Where that fails on the way there is a next time; what is lost at the end is lost.
class Checkpoints final : public Artifact {
 public:
  Checkpoints(const Options& options, NetworkPlan network, Metadata settings, Console& console)
      : console_(console),
        path_(options.checkpoint),
        every_(options.checkpoint_every),
        max_steps_(options.max_steps),
        network_(std::move(network)),
        settings_(std::move(settings)) {}

  void trained(std::uint64_t first, std::span<const StepResult> steps, Engine& engine) override {
    const std::uint64_t step = first + steps.size();
    if (step != max_steps_ && (every_ == 0 || step % every_ != 0)) return;
    const TrainingState state = engine.state();
    try {
      keep(state);
    } catch (const Error& failure) {
      if (std::exchange(warned_, true)) return;
      console_.warning(std::string(failure.what()) + "; the next checkpoint is tried all the same");
    }
  }

  void end(Engine& engine) override {
    const TrainingState state = engine.state();
    // In a later round the engine may be where the first one was long before.
    if (!kept_step_ || state.step > *kept_step_) keep(state);
  }

 private:
  void keep(const TrainingState& state) {
    write_checkpoint(path_, settings_, network_, state);
    kept_step_ = state.step;
  }

  Console& console_;
  std::string path_;
  std::uint64_t every_;  // 0: at the end alone
  std::uint64_t max_steps_;
  NetworkPlan network_;
  Metadata settings_;
  std::optional<std::uint64_t> kept_step_;
  bool warned_ = false;  // that one could not be written
};

// A file of the network that the training ended with; none where it was told to end before.
class Export final : public Artifact {
 public:
  Export(std::string path, std::uint64_t max_steps, NetworkPlan network, Metadata settings)
      : path_(std::move(path)),
        max_steps_(max_steps),
        network_(std::move(network)),
        metadata_(std::move(settings)) {}

  void end(Engine& engine) override {
    const TrainingState state = engine.state();
    if (state.step < max_steps_) return;
    metadata_["steps"] = std::to_string(state.step);
    const TrainedModel model{network_, state.parameters};
    write_whole_file(path_, path_.ends_with(".onnx") ? to_onnx(metadata_, model)
                                                     : to_model_file(metadata_, model));
  }

 private:
  std::string path_;
  std::uint64_t max_steps_;
  NetworkPlan network_;
  Metadata metadata_;
};

}  // namespace

Metadata run_settings(const Options& options, const RunResult& result) {
  const DeviceFacts& device = result.devices.front();
  return {{"model", options.model},
          {"batch_size", std::to_string(options.batch_size)},
          {"learning_rate", shortest_decimal(options.learning_rate)},
          {"dropout", shortest_decimal(keep_probability(options))},
          {"seed", std::to_string(options.seed)},
          {"dataset", result.dataset->name},
          {"dataset_sha256", result.dataset->sha256},
          {"engine", device.engine},
          {"precision", device.precision},
          {"threads", std::to_string(device.threads)}};
}

TrainingState starting_state(const Options& options, const NetworkPlan& network,
                             const Metadata& settings) {
  if (options.resume.empty()) return initial_state(network, options.seed);
  const CheckpointFile checkpoint(options.resume);
  if (const std::string& sha256 = checkpoint.settings().at("dataset_sha256");
      sha256 != settings.at("dataset_sha256"))
    throw Error(ExitCode::usage,
                "--resume " + options.resume + ": it was trained on the data set " +
                    checkpoint.settings().at("dataset") + " of SHA-256 " + sha256 +
                    ", and this is " + settings.at("dataset") + " of " +
                    settings.at("dataset_sha256"),
                "name the folder of that data set with --data_dir, or train from the start");
  return checkpoint.state(network);
}

std::vector<std::unique_ptr<Artifact>> kept_networks(const Options& options,
                                                     const NetworkPlan& network,
                                                     const Metadata& settings, Console& console) {
  std::vector<std::unique_ptr<Artifact>> artifacts;
  if (!options.checkpoint.empty())
    artifacts.push_back(std::make_unique<Checkpoints>(options, network, settings, console));
  for (const std::string& path : options.exports)
    artifacts.push_back(std::make_unique<Export>(path, options.max_steps, network, settings));
  return artifacts;
}

}  // namespace mnist
