#include "exchange/onnx.hpp"

#include <span>
#include <utility>
#include <variant>

#include "exchange/named_parameters.hpp"
#include "exchange/protobuf.hpp"

namespace mnist {
namespace {

// Of onnx.proto, as are the numbers of the fields below.
constexpr int ir_version = 7;  // the one that came with opset 13
constexpr int opset = 13;
constexpr int float32 = 1;  // a DataType
enum class AttributeType { integer = 2, integers = 7 };

using Sides = std::vector<std::int64_t>;

ProtobufWriter integer(const char* name, std::int64_t value) {
  ProtobufWriter attribute;
  attribute.bytes(1, name).varint(3, value).varint(20, AttributeType::integer);
  return attribute;
}

ProtobufWriter integers(const char* name, const Sides& values) {
  ProtobufWriter attribute;
  attribute.bytes(1, name);
  for (const std::int64_t value : values) attribute.varint(8, value);
  attribute.varint(20, AttributeType::integers);
  return attribute;
}

ProtobufWriter tensor_proto(const Tensor& tensor) {
  ProtobufWriter proto;
  for (const std::size_t side : tensor.shape) proto.varint(1, side);
  proto.varint(2, float32).packed(4, tensor.values).bytes(8, tensor.name);
  return proto;
}

// Floats, `sides` of them for each of any number of images.
ProtobufWriter value_info(const char* name, const Sides& sides) {
  ProtobufWriter shape;
  shape.message(1, ProtobufWriter().bytes(2, "N"));
  for (const std::int64_t side : sides) shape.message(1, ProtobufWriter().varint(1, side));
  ProtobufWriter type;
  type.message(1, ProtobufWriter().varint(1, float32).message(2, shape));
  ProtobufWriter info;
  info.bytes(1, name).message(2, type);
  return info;
}

// The nodes of a graph, each of which takes what the one before it gave.
class Chain {
 public:
  explicit Chain(std::string input) : value_(std::move(input)) {}

  // `parameters` are the names of further inputs.
  void add(const char* type, std::string output, const std::vector<std::string>& parameters = {},
           const std::vector<ProtobufWriter>& attributes = {}) {
    ProtobufWriter node;
    node.bytes(1, value_);
    for (const std::string& parameter : parameters) node.bytes(1, parameter);
    node.bytes(2, output).bytes(3, output).bytes(4, type);
    for (const ProtobufWriter& attribute : attributes) node.message(5, attribute);
    nodes.push_back(std::move(node));
    value_ = std::move(output);
  }

  std::vector<ProtobufWriter> nodes;

 private:
  std::string value_;
};

std::vector<ProtobufWriter> nodes_of(const NetworkPlan& network,
                                     const std::vector<NamedParameter>& parameters) {
  Chain chain("image");
  auto parameter = parameters.begin();
  const auto weights_and_bias = [&] {
    const std::vector<std::string> names{parameter[0].name, parameter[1].name};
    parameter += 2;
    return names;
  };
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const PlannedLayer& layer = network.layers[i];
    const std::string name = i + 1 < network.layers.size()
                                 ? std::string(layer_name(layer.spec)) + "_" + std::to_string(i)
                                 : "logits";
    if (const auto* conv = std::get_if<Conv2d>(&layer.spec)) {
      chain.add("Conv", name, weights_and_bias(),
                {integers("kernel_shape", {conv->kernel, conv->kernel})});
    } else if (const auto* pool = std::get_if<MaxPool>(&layer.spec)) {
      const Sides window{pool->window, pool->window};
      chain.add("MaxPool", name, {},
                {integers("kernel_shape", window), integers("strides", window)});
    } else if (std::get_if<Relu>(&layer.spec)) {
      chain.add("Relu", name);
    } else if (std::get_if<Linear>(&layer.spec)) {
      chain.add("Flatten", "flatten_" + std::to_string(i));
      chain.add("Gemm", name, weights_and_bias(), {integer("transB", 1)});
    }
  }
  return chain.nodes;
}

}  // namespace

std::string to_onnx(const Metadata& metadata, const TrainedModel& model) {
  const NetworkPlan& network = model.network;
  const std::vector<NamedParameter> parameters = named_parameters(network);
  ProtobufWriter graph;
  for (const ProtobufWriter& node : nodes_of(network, parameters)) graph.message(1, node);
  graph.bytes(2, network.name);
  for (const NamedParameter& parameter : parameters)
    graph.message(5, tensor_proto(to_tensor(parameter, model.parameters)));
  const Shape& image = network.input;
  graph.message(11, value_info("image", {image.channels, image.height, image.width}));
  graph.message(12, value_info("logits", {class_count}));

  ProtobufWriter file;
  file.varint(1, ir_version).bytes(2, "mnist-demo").message(7, graph);
  file.message(8, ProtobufWriter().varint(2, opset));
  for (const auto& [name, value] : metadata)
    file.message(14, ProtobufWriter().bytes(1, name).bytes(2, value));
  return file.encoded();
}

}  // namespace mnist
