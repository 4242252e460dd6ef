// Small networks worked by hand.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numbers>

#include "engine/engine_under_test.hpp"

namespace mnist {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

// An engine for one image a batch, with these parameters.
struct OneImage {
  OneImage(Network network, std::vector<std::uint8_t> pixels, std::uint8_t label,
           std::vector<float> parameters)
      : engine(make_engine_under_test({plan(network), 1, 0})) {
    const Dataset set{.image = network.input, .pixels = std::move(pixels), .labels = {label}};
    engine->load(set, set);
    const std::vector<float> zeros(parameters.size());
    engine->restore({0, std::move(parameters), zeros, zeros});
  }
  Probe probe() { return engine->probe(std::array{0u}); }

  std::unique_ptr<Engine> engine;
};

Network network_of(Shape input, std::vector<LayerSpec> layers) {
  return {.name = "by hand", .input = input, .layers = std::move(layers)};
}

// All logits are 0, all probabilities 1/10: the loss is ln 10, and the gradient of weight (i, j) is
// pixel i times (1/10 - [j is the label]).
TEST(KnownAnswers, OfALinearNetworkOfZeros) {
  OneImage zeros(network_of({1, 1, 2}, {Linear{.units = 10}}), {255, 51}, 2,
                 std::vector<float>(30));
  const Probe probe = zeros.probe();
  EXPECT_FLOAT_EQ(probe.loss, static_cast<float>(std::numbers::ln10));
  EXPECT_THAT(probe.logits, Each(0));
  ASSERT_EQ(probe.gradients.size(), 30u);
  for (std::size_t j = 0; j < 10; ++j) {
    const float error = j == 2 ? -0.9f : 0.1f;
    EXPECT_FLOAT_EQ(probe.gradients[j], error) << j;
    EXPECT_FLOAT_EQ(probe.gradients[10 + j], error * 0.2f) << j;
    EXPECT_FLOAT_EQ(probe.gradients[20 + j], error) << j;
  }
}

// Adam's first step goes the learning rate far against each gradient's sign. After it the label's
// logit is 1.2 + 1 times 0.01 up and the others as far down: with d = 0.044 between them the loss
// is ln(1 + 9 exp(-d)).
TEST(KnownAnswers, OfOneStepOfAdam) {
  OneImage zeros(network_of({1, 1, 2}, {Linear{.units = 10}}), {255, 51}, 2,
                 std::vector<float>(30));
  const std::vector<StepResult> results =
      zeros.engine->train(std::array{0u, 0u}, std::array{0.01f, 0.01f});
  EXPECT_EQ(results[0].correct, 0);  // the first of the largest is class 0
  EXPECT_FLOAT_EQ(results[0].loss, static_cast<float>(std::numbers::ln10));
  EXPECT_EQ(results[1].correct, 1);
  EXPECT_NEAR(results[1].loss, std::log(1 + 9 * std::exp(-0.044)), 1e-6);

  zeros.engine->restore(
      {0, std::vector<float>(30), std::vector<float>(30), std::vector<float>(30)});
  zeros.engine->train(std::array{0u}, std::array{0.01f});
  const TrainingState state = zeros.engine->state();
  EXPECT_EQ(state.step, 1u);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_NEAR(state.parameters[i], i % 10 == 2 ? 0.01 : -0.01, 1e-6) << i;
    const float gradient = (i % 10 == 2 ? -0.9f : 0.1f) * (i / 10 == 1 ? 0.2f : 1);
    EXPECT_FLOAT_EQ(state.first_moments[i], 0.1f * gradient) << i;
    EXPECT_FLOAT_EQ(state.second_moments[i], 0.001f * gradient * gradient) << i;
  }
}

// The cross-correlation of a 3 x 3 image with a 2 x 2 filter, which is not flipped.
TEST(KnownAnswers, OfAConvolution) {
  // A head of zeros: only the convolution's outputs are looked at.
  std::vector<float> parameters{1, 2, 3, 4, 0.5f};
  parameters.resize(5 + 4 * 10 + 10);
  OneImage conv(network_of({1, 3, 3}, {Conv2d{.filters = 1, .kernel = 2}, Linear{.units = 10}}),
                {255, 0, 0,  //
                 0, 0, 255,  //
                 0, 255, 255},
                0, parameters);
  EXPECT_THAT(conv.probe().outputs[0], ElementsAre(1.5f, 4.5f, 4.5f, 9.5f));
}

// Two channels of 1 x 2 go into the dense layer channel by channel: inputs 1, 0, -1, 0.
TEST(KnownAnswers, OfFlattening) {
  std::vector<float> parameters{1, -1, 0, 0};  // two filters of one pixel, two biases
  for (float row = 1; row <= 4; ++row)         // weights from input `row` to every unit
    parameters.insert(parameters.end(), 10, row);
  parameters.insert(parameters.end(), 10, 0);
  OneImage flat(network_of({1, 1, 2}, {Conv2d{.filters = 2, .kernel = 1}, Linear{.units = 10}}),
                {255, 0}, 0, parameters);
  const Probe probe = flat.probe();
  EXPECT_THAT(probe.outputs[0], ElementsAre(1, 0, -1, 0));
  EXPECT_THAT(probe.logits, Each(1 * 1 + -1 * 3));
}

// One lit pixel in the middle: every position of the filter sees it once, each with another of its
// weights. All weights are 1, so that all outputs tie, and the gradient of the weights tells which
// output was taken for the largest: the first sees the pixel with its last weight.
class Ties : public testing::TestWithParam<std::vector<LayerSpec>> {};

TEST_P(Ties, GoToTheFirstInRowOrder) {
  const auto& layers = GetParam();
  const int kernel = std::get<Conv2d>(layers[0]).kernel;
  const int side = 2 * kernel - 1;
  const auto weights = static_cast<std::size_t>(kernel * kernel);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side));
  pixels[pixels.size() / 2] = 255;
  std::vector<float> parameters(weights, 1);
  parameters.push_back(0);              // the filter's bias
  parameters.resize(weights + 1 + 20);  // the head: 10 weights, 10 biases
  parameters[weights + 1] = 1;          // logit 0 is the pooled value, 1
  OneImage tied(network_of({1, side, side}, layers), pixels, 0, parameters);
  const Probe probe = tied.probe();
  EXPECT_THAT(probe.outputs[0], Each(1));
  EXPECT_THAT(probe.outputs[2], ElementsAre(1));
  // Softmax of one 1 and nine 0.
  const float expected = static_cast<float>(std::numbers::e / (std::numbers::e + 9) - 1);
  for (std::size_t i = 0; i + 1 < weights; ++i) EXPECT_EQ(probe.gradients[i], 0) << i;
  EXPECT_FLOAT_EQ(probe.gradients[weights - 1], expected);
  EXPECT_FLOAT_EQ(probe.gradients[weights], expected);
}

INSTANTIATE_TEST_SUITE_P(
    Each, Ties,
    testing::Values(std::vector<LayerSpec>{Conv2d{.filters = 1, .kernel = 2}, MaxPool{.window = 2},
                                           Relu{}, Linear{.units = 10}},
                    std::vector<LayerSpec>{Conv2d{.filters = 1, .kernel = 2}, Relu{},
                                           MaxPool{.window = 2}, Linear{.units = 10}},
                    std::vector<LayerSpec>{Conv2d{.filters = 1, .kernel = 3}, MaxPool{.window = 3},
                                           Relu{}, Linear{.units = 10}},
                    std::vector<LayerSpec>{Conv2d{.filters = 1, .kernel = 3}, Relu{},
                                           MaxPool{.window = 3}, Linear{.units = 10}}));

// At exactly 0 a ReLU is off: no gradient goes through it.
TEST(KnownAnswers, OfAReluAtZero) {
  std::vector<float> parameters{0, 0};                     // one unit: weight and bias 0
  for (float j = 0; j < 10; ++j) parameters.push_back(j);  // the head's weights
  parameters.resize(2 + 20);
  OneImage zero(network_of({1, 1, 1}, {Linear{.units = 1}, Relu{}, Linear{.units = 10}}), {255}, 4,
                parameters);
  const Probe probe = zero.probe();
  EXPECT_EQ(probe.gradients[0], 0);
  EXPECT_EQ(probe.gradients[1], 0);
  EXPECT_THAT(probe.gradients[2], 0);
  EXPECT_FLOAT_EQ(probe.gradients[12 + 4], -0.9f);
}

// A kept value is divided by the keep probability: 1 becomes 2.
TEST(KnownAnswers, OfDropout) {
  std::vector<float> parameters(10 + 10);
  parameters.insert(parameters.begin(), 20, 0);
  for (std::size_t i = 10; i < 20; ++i) parameters[i] = 1;  // ten hidden units with bias 1
  parameters.resize(20 + 110);
  OneImage dropped(
      network_of({1, 1, 1}, {Linear{.units = 10}, Dropout{.keep = 0.5f}, Linear{.units = 10}}), {0},
      0, parameters);
  EXPECT_THAT(dropped.probe().outputs[1], Each(testing::AnyOf(0, 2)));
  EXPECT_THAT(dropped.probe().outputs[1], testing::Contains(0));
  EXPECT_THAT(dropped.probe().outputs[1], testing::Contains(2));
}

// All 256 grey levels are x / 255.
TEST(KnownAnswers, OfScalingPixels) {
  std::vector<float> parameters(20);
  parameters[0] = 1;  // logit 0 is the pixel
  OneImage grey(network_of({1, 1, 1}, {Linear{.units = 10}}), {0}, 0, parameters);
  std::vector<std::uint8_t> levels(256);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = static_cast<std::uint8_t>(i);
  const std::vector<float> logits = grey.engine->infer(levels);
  for (std::size_t i = 0; i < levels.size(); ++i)
    EXPECT_FLOAT_EQ(logits[i * 10], static_cast<float>(i) / 255);
  EXPECT_EQ(logits[255 * 10], 1.0f);
}

}  // namespace
}  // namespace mnist
