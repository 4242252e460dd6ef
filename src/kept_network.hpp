// What a run keeps of its network (checkpoints, exports), and what it goes on from.
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "exchange/safetensors.hpp"
#include "options.hpp"
#include "report/console.hpp"
#include "report/result.hpp"
#include "training/artifact.hpp"

namespace mnist {

// All that the bits of a run depend on but its state (see exchange/checkpoint.hpp). `result` has
// its data set and its device.
Metadata run_settings(const Options& options, const RunResult& result);

// What the training starts from: the initial state, or that of --resume's file. Throws
// Error(data_damaged) where that is not a checkpoint of `network`, and Error(usage) that says both
// where it is of another data set.
TrainingState starting_state(const Options& options, const NetworkPlan& network,
                             const Metadata& settings);

// What --checkpoint and --export ask for. `console` outlives it.
std::vector<std::unique_ptr<Artifact>> kept_networks(const Options& options,
                                                     const NetworkPlan& network,
                                                     const Metadata& settings, Console& console);

}  // namespace mnist
