// A trained network as a file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "exchange/safetensors.hpp"
#include "network/network.hpp"

namespace mnist {

struct TrainedModel {
  NetworkPlan network;            // without dropout
  std::vector<float> parameters;  // in the plan's order
};

// What an engine is to restore to compute with it: no updates, and no moments.
TrainingState state_of(TrainedModel model);

// A safetensors file of the parameters; `metadata` name the network, as "model".
std::string to_model_file(const Metadata& metadata, const TrainedModel& model);

// Reads a network on images of 28 x 28, from a checkpoint too. Throws Error(data_damaged) where the
// file is neither, and where it is damaged.
TrainedModel read_model_file(const std::filesystem::path& path);

}  // namespace mnist
