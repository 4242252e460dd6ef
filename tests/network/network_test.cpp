#include "network/network.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "base/error.hpp"
#include "network/execution_order.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Shape mnist_image{1, 28, 28};

TEST(Plan, GivesLenetItsShapesAndParameters) {
  const NetworkPlan lenet = plan(named_network("lenet", mnist_image, 1));
  EXPECT_EQ(lenet.parameter_count, 80202u);
  EXPECT_EQ(lenet.initialization, Initialization::he_normal);
  std::vector<std::string> outputs;
  for (const PlannedLayer& layer : lenet.layers) outputs.push_back(to_string(layer.output));
  EXPECT_THAT(outputs, ElementsAre("16x24x24", "16x24x24", "16x12x12", "32x8x8", "32x8x8", "32x4x4",
                                   "128x1x1", "128x1x1", "10x1x1"));
}

TEST(Plan, GivesMlpItsShapesAndParameters) {
  const NetworkPlan mlp = plan(named_network("mlp", mnist_image, 0.9f));
  EXPECT_EQ(mlp.parameter_count, 397510u);
  EXPECT_EQ(mlp.initialization, Initialization::truncated_normal);
  std::vector<std::string_view> layers;
  for (const PlannedLayer& layer : mlp.layers) layers.push_back(layer_name(layer.spec));
  EXPECT_THAT(layers, ElementsAre("linear", "relu", "dropout", "linear"));
}

TEST(NamedNetwork, HasDropoutOnTheHiddenDenseLayerOnlyBelowOne) {
  for (const std::string_view name : network_names()) {
    const Network with = named_network(name, mnist_image, 0.5f);
    const Network without = named_network(name, mnist_image, 1);
    ASSERT_EQ(with.layers.size(), without.layers.size() + 1);
    const Dropout* dropout = std::get_if<Dropout>(&with.layers[with.layers.size() - 2]);
    ASSERT_NE(dropout, nullptr);
    EXPECT_EQ(dropout->keep, 0.5f);
    EXPECT_EQ(plan(with).parameter_count, plan(without).parameter_count);
  }
  EXPECT_EQ(default_keep("mlp"), 0.9f);
  EXPECT_EQ(default_keep("lenet"), 1.0f);
}

// The order of the flat buffer is what checkpoints and both engines rest on.
TEST(Plan, LaysParametersOutLayerByLayerWeightsBeforeBiases) {
  const NetworkPlan tiny = plan({.name = "tiny",
                                 .input = {2, 5, 7},
                                 .layers = {Conv2d{.filters = 3, .kernel = 2}, Relu{},
                                            MaxPool{.window = 2}, Linear{.units = 10}}});
  const PlannedLayer& conv = tiny.layers[0];
  EXPECT_EQ(conv.output, (Shape{3, 4, 6}));
  EXPECT_EQ(conv.weights.offset, 0u);
  EXPECT_EQ(conv.weights.size, 3u * 2 * 2 * 2);
  EXPECT_EQ(conv.bias.offset, 24u);
  EXPECT_EQ(conv.bias.size, 3u);
  EXPECT_EQ(tiny.layers[1].weights.size + tiny.layers[1].bias.size, 0u);
  const PlannedLayer& pool = tiny.layers[2];
  EXPECT_EQ(pool.input, (Shape{3, 4, 6}));
  EXPECT_EQ(pool.output, (Shape{3, 2, 3}));
  const PlannedLayer& linear = tiny.layers[3];
  EXPECT_EQ(linear.output, (Shape{10, 1, 1}));
  EXPECT_EQ(linear.weights.offset, 27u);
  EXPECT_EQ(linear.weights.size, 180u);
  EXPECT_EQ(linear.bias.offset, 207u);
  EXPECT_EQ(tiny.parameter_count, 217u);
}

TEST(Plan, LeavesOutRowsThatFillNoWindow) {
  const NetworkPlan tiny = plan(
      {.name = "tiny", .input = {1, 8, 11}, .layers = {MaxPool{.window = 3}, Linear{.units = 10}}});
  EXPECT_EQ(tiny.layers[0].output, (Shape{1, 2, 3}));
}

struct Refusal {
  std::string message;  // a part of it
  ExitCode code = ExitCode::usage;
  Network network;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.message; }

class PlanRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PlanRefusal, NamesTheLayerAndWhatIsWrong) {
  const Refusal& expected = GetParam();
  try {
    plan(expected.network);
    FAIL() << "plan() took it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected.code);
    EXPECT_THAT(error.what(), HasSubstr(expected.message));
    EXPECT_FALSE(error.remedy().empty());
  }
}

Network small(std::vector<LayerSpec> layers) {
  return {.name = "small", .input = {1, 4, 6}, .layers = std::move(layers)};
}

INSTANTIATE_TEST_SUITE_P(
    Each, PlanRefusal,
    testing::Values(
        Refusal{"layer 0 (conv2d) has 0 filters", ExitCode::usage,
                small({Conv2d{.filters = 0, .kernel = 2}, Linear{.units = 10}})},
        Refusal{"layer 0 (conv2d) has -1 rows in its kernel", ExitCode::usage,
                small({Conv2d{.filters = 1, .kernel = -1}, Linear{.units = 10}})},
        Refusal{"layer 1 (conv2d) has a kernel of 5 on an input of 1x4x6", ExitCode::usage,
                small({Relu{}, Conv2d{.filters = 1, .kernel = 5}, Linear{.units = 10}})},
        Refusal{
            "layer 1 (max_pool) has a window of 3 on an input of 2x2x4", ExitCode::usage,
            small({Conv2d{.filters = 2, .kernel = 3}, MaxPool{.window = 3}, Linear{.units = 10}})},
        Refusal{"layer 0 (max_pool) has 0 rows in its window", ExitCode::usage,
                small({MaxPool{.window = 0}, Linear{.units = 10}})},
        Refusal{"layer 0 (dropout) keeps with probability 0.0", ExitCode::usage,
                small({Dropout{.keep = 0}, Linear{.units = 10}})},
        Refusal{"keeps with probability 0.000007, not in (0, 1] to the nearest 1/65536",
                ExitCode::usage, small({Dropout{.keep = 7e-6f}, Linear{.units = 10}})},
        Refusal{"layer 0 (dropout) keeps with probability 1.5", ExitCode::usage,
                small({Dropout{.keep = 1.5f}, Linear{.units = 10}})},
        Refusal{
            "layer 0 (dropout) keeps with probability nan", ExitCode::usage,
            small({Dropout{.keep = std::numeric_limits<float>::quiet_NaN()}, Linear{.units = 10}})},
        Refusal{"layer 0 (linear) has 0 units", ExitCode::usage, small({Linear{.units = 0}})},
        Refusal{"layer 1 (relu) gives 11x1x1 values, where 10x1x1 are the logits", ExitCode::usage,
                small({Linear{.units = 11}, Relu{}})},
        Refusal{"no layers", ExitCode::bug, small({})},
        Refusal{"empty images",
                ExitCode::bug,
                {.name = "small", .input = {1, 0, 6}, .layers = {Linear{.units = 10}}}}));

// Each layer by its place in the network, wherever it is run.
TEST(ExecutionOrder, NamesEachLayer) {
  const NetworkPlan lenet = plan(named_network("lenet", mnist_image, 0.5f));
  const auto names = [&](Mode mode) {
    std::vector<std::string> all;
    for (const PlacedLayer& placed : execution_order(lenet, mode)) all.push_back(placed.name);
    return all;
  };
  EXPECT_THAT(names(Mode::training),
              ElementsAre("conv2d_1", "max_pool_1", "relu_1", "conv2d_2", "max_pool_2", "relu_2",
                          "linear_1", "relu_3", "dropout_1", "linear_2"));
  EXPECT_THAT(names(Mode::inference),
              ElementsAre("conv2d_1", "max_pool_1", "relu_1", "conv2d_2", "max_pool_2", "relu_2",
                          "linear_1", "relu_3", "linear_2"));
}

TEST(NamedNetwork, IsRefusedWhereItDoesNotFitTheImages) {
  EXPECT_THROW(plan(named_network("lenet", {1, 12, 12}, 1)), Error);
  EXPECT_THROW(named_network("resnet", mnist_image, 1), Error);
}

}  // namespace
}  // namespace mnist
