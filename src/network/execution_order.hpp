// In which order an engine runs a network's layers.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "network/network.hpp"

namespace mnist {

enum class Mode { training, inference };

// A layer where it is run, with the shapes that it has there.
struct PlacedLayer {
  PlannedLayer planned;
  std::size_t index = 0;  // in the network
  std::string name;       // "conv2d_1": the kind, and which of its kind in the network, from 1
};

// All layers, in inference without dropout. A rectifier before a pooling layer is run after it: the
// largest of max(0, x) is max(0, the largest x), with the same winner wherever the gradient is not
// zero, so the numbers are the same, for a quarter of the work.
std::vector<PlacedLayer> execution_order(const NetworkPlan& network, Mode mode);

// The values of a layer's input or output for a whole batch, an image in channel, row, column
// order; `place` counts in the order of execution.
using BatchValues = std::function<std::vector<float>(std::size_t place)>;

// What each of a network's `layer_count` layers makes of a batch, in the network's order, from what
// an engine has that ran `order`.
std::vector<std::vector<float>> outputs_in_network_order(std::size_t layer_count,
                                                         const std::vector<PlacedLayer>& order,
                                                         const BatchValues& inputs,
                                                         const BatchValues& outputs);

}  // namespace mnist
