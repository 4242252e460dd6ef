// What a run goes on from, as a file.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "engine/engine.hpp"
#include "exchange/safetensors.hpp"

namespace mnist {

// All that the bits of a run depend on but its state, under the names of the flags that set it: the
// network, what trains it on what, and the engine ("cpu" or "cuda").
inline constexpr std::array<std::string_view, 10> setting_names{
    "model",   "batch_size",     "learning_rate", "dropout",   "seed",
    "dataset", "dataset_sha256", "engine",        "precision", "threads"};

// Replaces what `path` holds as a whole: parameters, both moments of Adam, and as metadata the step
// and `settings`. Throws Error(wrong_numbers) where the state is not finite, and Error(failed)
// where it cannot be written, or renamed into place; what was there then stays.
void write_checkpoint(const std::filesystem::path& path, const Metadata& settings,
                      const NetworkPlan& network, const TrainingState& state);

// A checkpoint that is being read; its content has been verified. Every function throws
// Error(data_damaged).
class CheckpointFile {
 public:
  explicit CheckpointFile(const std::filesystem::path& path);

  // All of setting_names; what they say is not looked at, but for the engine.
  const Metadata& settings() const { return settings_; }
  std::uint64_t step() const { return step_; }
  TrainingState state(const NetworkPlan& network) const;

  Error damaged(const std::string& finding) const { return file_.damaged(finding); }

 private:
  SafetensorsFile file_;
  Metadata settings_;
  std::uint64_t step_ = 0;
};

}  // namespace mnist
