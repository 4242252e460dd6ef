#include "summaries/network_graph.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <variant>

#include "network/execution_order.hpp"
#include "network/step_parts.hpp"

namespace mnist {
namespace {

constexpr int float32 = 1;  // of TensorFlow's DataType

bool has_parameters(const PlannedLayer& layer) { return layer.weights.size > 0; }

// What a layer is in the graph: its name there, after its scope, and TensorFlow's operation.
struct Operation {
  const char* name;
  const char* operation;
};

Operation operation_of(const LayerSpec& spec) {
  struct Namer {
    Operation operator()(const Conv2d&) const { return {"Wx_plus_b", "Conv2D"}; }
    Operation operator()(const Relu&) const { return {"activation", "Relu"}; }
    Operation operator()(const MaxPool&) const { return {"pooling", "MaxPool"}; }
    Operation operator()(const Dropout&) const { return {"dropout", "Dropout"}; }
    Operation operator()(const Linear&) const { return {"Wx_plus_b", "MatMul"}; }
  };
  return std::visit(Namer{}, spec);
}

std::vector<std::int64_t> shape_of_weights(const PlannedLayer& layer) {
  if (const auto* conv = std::get_if<Conv2d>(&layer.spec))
    return {conv->filters, layer.input.channels, conv->kernel, conv->kernel};
  return {static_cast<std::int64_t>(layer.input.size()), layer.output.channels};
}

// A dimension of one pixel is none.
std::vector<std::int64_t> shape_of_batch(const Shape& shape, int batch_size) {
  if (shape.height * shape.width == 1) return {batch_size, shape.channels};
  return {batch_size, shape.channels, shape.height, shape.width};
}

ProtobufWriter shape_message(const std::vector<std::int64_t>& shape) {
  ProtobufWriter message;
  for (const std::int64_t size : shape) message.message(2, ProtobufWriter().varint(1, size));
  return message;
}

ProtobufWriter attribute(std::string_view name, const ProtobufWriter& value) {
  return ProtobufWriter().bytes(1, name).message(2, value);
}

std::int64_t microseconds(double seconds) { return std::llround(1e6 * seconds); }

}  // namespace

std::vector<std::string> scopes_of(const NetworkPlan& network) {
  std::vector<std::string> scopes;
  int number = 0;
  for (const PlannedLayer& layer : network.layers) {
    if (has_parameters(layer)) ++number;
    scopes.push_back("layer" + std::to_string(number));
  }
  return scopes;
}

std::vector<GraphNode> graph_of(const NetworkPlan& network, int batch_size) {
  const std::string images = "input/images";
  const std::string labels = "input/labels";
  const std::string loss = "cross_entropy";
  std::vector<GraphNode> graph{
      {images, "Placeholder", {}, shape_of_batch(network.input, batch_size), {step_parts::gather}},
      {labels, "Placeholder", {}, {batch_size}, {}}};
  std::vector<GraphNode> gradients;  // the last first
  std::vector<std::string> parameter_gradients;

  const std::vector<std::string> scopes = scopes_of(network);
  std::vector<std::string> parts(network.layers.size());
  for (const PlacedLayer& placed : execution_order(network, Mode::training))
    parts[placed.index] = placed.name;
  std::string before = images;
  for (std::size_t index = 0; index < network.layers.size(); ++index) {
    const PlannedLayer& layer = network.layers[index];
    const auto [name, operation] = operation_of(layer.spec);
    GraphNode node{scopes[index] + "/" + name,
                   operation,
                   {before},
                   shape_of_batch(layer.output, batch_size),
                   {parts[index]}};
    GraphNode gradient{"train/gradients/" + node.name,
                       node.operation + "Grad",
                       {"", before},
                       shape_of_batch(layer.input, batch_size),
                       {gradient_part(parts[index]), gradient_sum_part(parts[index])}};
    if (has_parameters(layer)) {
      const std::string weights = scopes[index] + "/weights";
      const std::string biases = scopes[index] + "/biases";
      graph.push_back({weights, "VariableV2", {}, shape_of_weights(layer), {}});
      graph.push_back({biases, "VariableV2", {}, {static_cast<std::int64_t>(layer.bias.size)}, {}});
      node.inputs.insert(node.inputs.end(), {weights, biases});
      gradient.inputs.push_back(weights);
      parameter_gradients.push_back(gradient.name);
    }
    before = node.name;
    graph.push_back(std::move(node));
    gradients.push_back(std::move(gradient));
  }

  graph.push_back(
      {loss, "SparseSoftmaxCrossEntropyWithLogits", {before, labels}, {}, {step_parts::loss}});
  graph.push_back({"accuracy", "InTopK", {before, labels}, {}, {}});
  std::string after = loss;
  for (auto gradient = gradients.rbegin(); gradient != gradients.rend(); ++gradient) {
    gradient->inputs.front() = after;
    after = gradient->name;
    graph.push_back(std::move(*gradient));
  }
  graph.push_back({"train/Adam",
                   "ApplyAdam",
                   parameter_gradients,
                   {static_cast<std::int64_t>(network.parameter_count)},
                   {step_parts::update}});
  return graph;
}

ProtobufWriter graph_definition(const std::vector<GraphNode>& graph) {
  ProtobufWriter definition;
  for (const GraphNode& node : graph) {
    ProtobufWriter message;
    message.bytes(1, node.name).bytes(2, node.operation);
    for (const std::string& input : node.inputs) message.bytes(3, input);
    const ProtobufWriter shape = shape_message(node.shape);
    const ProtobufWriter shapes = ProtobufWriter().message(1, ProtobufWriter().message(7, shape));
    message.message(5, attribute("dtype", ProtobufWriter().varint(6, float32)))
        .message(5, attribute("_output_shapes", shapes));
    definition.message(1, message);
  }
  constexpr int producer = 22;  // of TensorFlow 1.4
  return definition.message(4, ProtobufWriter().varint(1, producer));
}

ProtobufWriter run_metadata(const std::vector<GraphNode>& graph, const std::string& tag,
                            const std::string& device, const TimedStep& timed) {
  std::map<std::string, TimedPart> by_name;
  for (const TimedPart& part : timed.parts) by_name.emplace(part.name, part);

  ProtobufWriter device_stats;
  device_stats.bytes(1, device);
  for (const GraphNode& node : graph) {
    double start = 0;
    double seconds = 0;
    for (const std::string& name : node.parts) {
      const auto part = by_name.find(name);
      if (part == by_name.end()) continue;
      if (seconds == 0) start = part->second.start_seconds;
      seconds += part->second.seconds;
    }
    if (seconds == 0) continue;
    // In whole microseconds, from the node's own start; what is zero would not be shown.
    const std::int64_t took = std::max<std::int64_t>(1, microseconds(seconds));
    device_stats.message(2, ProtobufWriter()
                                .bytes(1, node.name)
                                .varint(2, microseconds(start))
                                .varint(4, took)
                                .varint(5, took));
  }
  const ProtobufWriter step_stats = ProtobufWriter().message(1, device_stats);
  return ProtobufWriter().bytes(1, tag).message(2, ProtobufWriter().message(1, step_stats));
}

}  // namespace mnist
