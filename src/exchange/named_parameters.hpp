// A network's parameters as PyTorch users know them: one tensor each, by name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "exchange/safetensors.hpp"
#include "network/network.hpp"

namespace mnist {

// Named as in PyTorch's own example of MNIST: conv1.weight, conv1.bias, ..., fc1.weight, ...
struct NamedParameter {
  std::string name;
  // As a torch.nn layer has it. Of a dense layer's weights [units][inputs], where the plan has
  // [inputs][units]; all others are in the plan's order.
  TensorShape shape;
  bool transposed = false;
  ParameterRange range;
};

// In the plan's order.
std::vector<NamedParameter> named_parameters(const NetworkPlan& network);

// The part of `values`, which are in the plan's order, that is the parameter's.
Tensor to_tensor(const NamedParameter& parameter, std::span<const float> values);

// Puts what a tensor of this parameter holds into its part of `values`.
void take_tensor(const NamedParameter& parameter, std::span<const float> tensor,
                 std::span<float> values);

}  // namespace mnist
