// A training step as TensorBoard draws it: a graph of operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "exchange/protobuf.hpp"
#include "network/network.hpp"

namespace mnist {

struct GraphNode {
  std::string name;                 // "layer1/activation"; what is before a / can be folded away
  std::string operation;            // "Relu"
  std::vector<std::string> inputs;  // names of nodes
  std::vector<std::int64_t> shape;  // of its result
  std::vector<std::string> parts;   // of a step, that it is computed in (network/step_parts.hpp)
};

// "layer1", ... for each layer of the network: each one with parameters begins another.
std::vector<std::string> scopes_of(const NetworkPlan& network);

std::vector<GraphNode> graph_of(const NetworkPlan& network, int batch_size);

// The messages GraphDef, in an Event's form, and TaggedRunMetadata: how long each node took.
ProtobufWriter graph_definition(const std::vector<GraphNode>& graph);
ProtobufWriter run_metadata(const std::vector<GraphNode>& graph, const std::string& tag,
                            const std::string& device, const TimedStep& timed);

}  // namespace mnist
