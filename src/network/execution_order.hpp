// In which order an engine runs a network's layers.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
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

// Copies what the layer at `place` in the order of execution made of some images, each in channel,
// row, column order.
using CopyOutput = std::function<void(std::size_t place, std::span<float> to)>;

// Copies what each layer of the network, in its own order, makes of some images, from what an
// engine has that ran `order`. `copy_images` copies those; `to` has a place for each layer.
void copy_outputs_in_network_order(const std::vector<PlacedLayer>& order,
                                   const std::function<void(std::span<float> to)>& copy_images,
                                   const CopyOutput& copy_output,
                                   std::span<const std::span<float>> to);

}  // namespace mnist
