#include "summaries/network_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "network/named_networks.hpp"
#include "network/step_parts.hpp"

namespace mnist {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const NetworkPlan& network() {
  static const NetworkPlan mlp = plan(named_network("mlp", {1, 28, 28}, 0.9f));
  return mlp;
}

const GraphNode& node(const std::vector<GraphNode>& graph, const std::string& name) {
  return *std::ranges::find(graph, name, &GraphNode::name);
}

TEST(NetworkGraph, HasTheStep) {
  const std::vector<GraphNode> graph = graph_of(network(), 100);
  std::vector<std::string> names;
  for (const GraphNode& found : graph) names.push_back(found.name);
  EXPECT_THAT(names,
              ElementsAre("input/images", "input/labels", "layer1/weights", "layer1/biases",
                          "layer1/Wx_plus_b", "layer1/activation", "layer1/dropout",
                          "layer2/weights", "layer2/biases", "layer2/Wx_plus_b", "cross_entropy",
                          "accuracy", "train/gradients/layer2/Wx_plus_b",
                          "train/gradients/layer1/dropout", "train/gradients/layer1/activation",
                          "train/gradients/layer1/Wx_plus_b", "train/Adam"));
  EXPECT_THAT(node(graph, "layer1/Wx_plus_b").inputs,
              ElementsAre("input/images", "layer1/weights", "layer1/biases"));
  EXPECT_THAT(node(graph, "layer1/Wx_plus_b").shape, ElementsAre(100, 500));
  EXPECT_THAT(node(graph, "layer1/weights").shape, ElementsAre(784, 500));
  EXPECT_THAT(node(graph, "train/gradients/layer1/dropout").inputs,
              ElementsAre("train/gradients/layer2/Wx_plus_b", "layer1/activation"));
  EXPECT_THAT(node(graph, "train/Adam").inputs,
              ElementsAre("train/gradients/layer1/Wx_plus_b", "train/gradients/layer2/Wx_plus_b"));
}

TEST(NetworkGraph, IsWhole) {
  for (const std::string_view name : network_names()) {
    const std::vector<GraphNode> graph =
        graph_of(plan(named_network(name, {1, 28, 28}, 0.5f)), 100);
    std::set<std::string> known;
    for (const GraphNode& found : graph) {
      for (const std::string& input : found.inputs) EXPECT_THAT(known, Contains(input));
      EXPECT_TRUE(known.insert(found.name).second) << found.name << " is there twice";
    }
  }
}

TEST(RunMetadata, HasTheTimeOfEachNode) {
  const TimedStep timed{{},
                        {{step_parts::gather, 0, 2e-6},
                         {"linear_1", 2e-6, 1e-3},
                         {gradient_part("linear_1"), 0.002, 1e-4},
                         {gradient_sum_part("linear_1"), 0.003, 2e-4},
                         {step_parts::wait, 0.0021, 1e-3}}};
  const auto stats = [](const char* name, int start, int took) {
    return ProtobufWriter()
        .bytes(1, name)
        .varint(2, start)
        .varint(4, took)
        .varint(5, took)
        .encoded();
  };
  const std::string found =
      run_metadata(graph_of(network(), 100), "step099", "/device:CPU:0", timed).encoded();
  EXPECT_THAT(found, HasSubstr("step099"));
  EXPECT_THAT(found, HasSubstr("/device:CPU:0"));
  EXPECT_THAT(found, HasSubstr(stats("input/images", 0, 2)));
  EXPECT_THAT(found, HasSubstr(stats("layer1/Wx_plus_b", 2, 1000)));
  EXPECT_THAT(found, HasSubstr(stats("train/gradients/layer1/Wx_plus_b", 2000, 300)));
  EXPECT_THAT(found, Not(HasSubstr("layer2")));
}

}  // namespace
}  // namespace mnist
