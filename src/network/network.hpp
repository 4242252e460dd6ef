// A network as data: a list of layer specs, and what follows from it (shapes, parameter layout).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/shape.hpp"

namespace mnist {

// Square filters, stride 1, no padding. Weights [filters][input channels][kernel][kernel], one
// bias a filter. A cross-correlation, as in cuDNN and PyTorch: the filter is not flipped.
struct Conv2d {
  int filters = 0;
  int kernel = 0;
};

// max(0, x), element by element.
struct Relu {};

// The largest of each window x window square; the squares do not overlap, and rows or columns that
// fill no square are left out. Of equal values the first in row order counts as the largest.
struct MaxPool {
  int window = 0;
};

// In training, keeps a value with probability `keep` and divides it by `keep`, else makes it 0;
// otherwise passes values on. See dropout.hpp.
struct Dropout {
  float keep = 1;
};

// x * weights + bias on the input flattened in channel, row, column order. Weights
// [inputs][units], one bias a unit.
struct Linear {
  int units = 0;
};

using LayerSpec = std::variant<Conv2d, Relu, MaxPool, Dropout, Linear>;

// "conv2d", "relu", ...: for messages, files and listings.
std::string_view layer_name(const LayerSpec& spec);

// How the weights begin.
enum class Initialization {
  truncated_normal,  // sigma 0.1 within two sigmas, biases 0.1: the predecessor's
  he_normal,  // sigma sqrt(2 / fan-in), biases 0: He et al. 2015, "Delving deep into rectifiers"
};

// The last layer's outputs are the logits: class_count values an image.
struct Network {
  std::string name;
  Shape input;
  std::vector<LayerSpec> layers;
  Initialization initialization = Initialization::he_normal;
};

// A part of the flat parameter buffer, in floats.
struct ParameterRange {
  std::size_t offset = 0;
  std::size_t size = 0;
};

// A layer in its place. Layers without parameters have empty ranges.
struct PlannedLayer {
  LayerSpec spec;
  Shape input;
  Shape output;
  ParameterRange weights;
  ParameterRange bias;
};

// What every engine builds from. Parameters, gradients and optimizer moments are one flat buffer
// each, in this order: for each layer its weights, then its biases.
struct NetworkPlan {
  std::string name;
  Initialization initialization = Initialization::he_normal;
  Shape input;
  std::vector<PlannedLayer> layers;
  std::size_t parameter_count = 0;
};

// Lays the network out. Throws Error(usage) that names the layer where a size is not positive, a
// window does not fit its input, `keep` is not in (0, 1], or the last layer's output is not
// class_count x 1 x 1.
NetworkPlan plan(const Network& network);

}  // namespace mnist
