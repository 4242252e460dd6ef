#include "exchange/named_parameters.hpp"

#include <algorithm>

namespace mnist {
namespace {

std::size_t to_size(int side) { return static_cast<std::size_t>(side); }

// From rows x columns to columns x rows.
void transpose(std::span<const float> from, std::size_t rows, std::size_t columns,
               std::span<float> to) {
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      to[column * rows + row] = from[row * columns + column];
}

}  // namespace

std::vector<NamedParameter> named_parameters(const NetworkPlan& network) {
  std::vector<NamedParameter> parameters;
  int convolutions = 0;
  int dense_layers = 0;
  for (const PlannedLayer& layer : network.layers) {
    const auto add = [&](const std::string& name, const TensorShape& weights, bool transposed) {
      parameters.push_back({name + ".weight", weights, transposed, layer.weights});
      parameters.push_back({name + ".bias", {layer.bias.size}, false, layer.bias});
    };
    if (const auto* conv = std::get_if<Conv2d>(&layer.spec))
      add("conv" + std::to_string(++convolutions),
          {to_size(conv->filters), to_size(layer.input.channels), to_size(conv->kernel),
           to_size(conv->kernel)},
          false);
    if (const auto* linear = std::get_if<Linear>(&layer.spec))
      add("fc" + std::to_string(++dense_layers), {to_size(linear->units), layer.input.size()},
          true);
  }
  return parameters;
}

Tensor to_tensor(const NamedParameter& parameter, std::span<const float> values) {
  const auto part = values.subspan(parameter.range.offset, parameter.range.size);
  Tensor tensor{parameter.name, parameter.shape, {part.begin(), part.end()}};
  if (parameter.transposed) transpose(part, parameter.shape[1], parameter.shape[0], tensor.values);
  return tensor;
}

void take_tensor(const NamedParameter& parameter, std::span<const float> tensor,
                 std::span<float> values) {
  const auto part = values.subspan(parameter.range.offset, parameter.range.size);
  if (parameter.transposed)
    transpose(tensor, parameter.shape[0], parameter.shape[1], part);
  else
    std::ranges::copy(tensor, part.begin());
}

}  // namespace mnist
