#include "network/network.hpp"

#include <utility>

#include "base/error.hpp"
#include "network/dropout.hpp"

namespace mnist {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// What a layer makes of its input.
struct Outline {
  Shape output;
  std::size_t weights = 0;
  std::size_t biases = 0;
};

[[noreturn]] void refuse(std::size_t index, std::string_view layer, const std::string& found) {
  throw Error(ExitCode::usage,
              "layer " + std::to_string(index) + " (" + std::string(layer) + ") " + found,
              "use a network that fits the images of this data set, --model mlp for example");
}

Outline outline(const LayerSpec& spec, const Shape& input, std::size_t index) {
  const auto positive = [&](int value, const char* what) {
    if (value < 1)
      refuse(index, layer_name(spec),
             "has " + std::to_string(value) + " " + what + ", not 1 or more");
  };
  const auto fits = [&](int side, const char* what) {
    if (side > input.height || side > input.width)
      refuse(index, layer_name(spec),
             std::string("has a ") + what + " of " + std::to_string(side) + " on an input of " +
                 to_string(input));
  };
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) -> Outline {
            positive(conv.filters, "filters");
            positive(conv.kernel, "rows in its kernel");
            fits(conv.kernel, "kernel");
            const Shape output{conv.filters, input.height - conv.kernel + 1,
                               input.width - conv.kernel + 1};
            const Shape filter{input.channels, conv.kernel, conv.kernel};
            const auto filters = static_cast<std::size_t>(conv.filters);
            return {output, filters * filter.size(), filters};
          },
          [&](const Relu&) -> Outline { return {input}; },
          [&](const MaxPool& pool) -> Outline {
            positive(pool.window, "rows in its window");
            fits(pool.window, "window");
            return {{input.channels, input.height / pool.window, input.width / pool.window}};
          },
          [&](const Dropout& dropout) -> Outline {
            if (!(dropout.keep > 0 && dropout.keep <= 1) || dropout_threshold(dropout.keep) == 0)
              refuse(index, "dropout",
                     "keeps with probability " + std::to_string(dropout.keep) +
                         ", not in (0, 1] to the nearest 1/65536");
            return {input};
          },
          [&](const Linear& linear) -> Outline {
            positive(linear.units, "units");
            const auto units = static_cast<std::size_t>(linear.units);
            return {{linear.units, 1, 1}, input.size() * units, units};
          },
      },
      spec);
}

}  // namespace

std::string_view layer_name(const LayerSpec& spec) {
  return std::visit(
      Overloaded{[](const Conv2d&) { return "conv2d"; }, [](const Relu&) { return "relu"; },
                 [](const MaxPool&) { return "max_pool"; },
                 [](const Dropout&) { return "dropout"; }, [](const Linear&) { return "linear"; }},
      spec);
}

NetworkPlan plan(const Network& network) {
  NetworkPlan result{.name = network.name,
                     .initialization = network.initialization,
                     .input = network.input,
                     .layers = {},
                     .parameter_count = 0};
  if (network.input.size() == 0 || network.layers.empty())
    throw Error(ExitCode::bug, "a network of no layers or on empty images", "report it");
  Shape shape = network.input;
  const auto reserve = [&](std::size_t size) {
    const ParameterRange range{result.parameter_count, size};
    result.parameter_count += size;
    return range;
  };
  for (std::size_t index = 0; index < network.layers.size(); ++index) {
    const Outline layer = outline(network.layers[index], shape, index);
    const ParameterRange weights = reserve(layer.weights);
    const ParameterRange bias = reserve(layer.biases);
    result.layers.push_back({network.layers[index], shape, layer.output, weights, bias});
    shape = layer.output;
  }
  const Shape logits{class_count, 1, 1};
  if (shape != logits)
    refuse(network.layers.size() - 1, layer_name(network.layers.back()),
           "gives " + to_string(shape) + " values, where " + to_string(logits) + " are the logits");
  return result;
}

}  // namespace mnist
