// Every layer's outputs and gradients, against double precision and finite differences.
#include <gtest/gtest.h>

#include "engine/case_setup.hpp"
#include "engine/closeness.hpp"

namespace mnist {
namespace {

class Layers : public testing::TestWithParam<LayerCase> {};
INSTANTIATE_TEST_SUITE_P(Each, Layers, testing::ValuesIn(layer_cases()), LayerCaseName());

template <class Values>
auto part(const Values& values, const ParameterRange& range) {
  return std::span(values).subspan(range.offset, range.size);
}

TEST_P(Layers, AgreeWithDoublePrecision) {
  const CaseSetup setup(GetParam());
  const Probe probe = setup.engine()->probe(setup.batch);
  EXPECT_NEAR(probe.loss, setup.expected.loss, rounding * setup.expected.loss);
  EXPECT_TRUE(close_to(probe.logits, setup.expected.outputs.back()));
  ASSERT_EQ(probe.outputs.size(), setup.expected.outputs.size());
  for (std::size_t i = 0; i < probe.outputs.size(); ++i)
    EXPECT_TRUE(close_to(probe.outputs[i], setup.expected.outputs[i])) << "outputs of layer " << i;

  const std::vector<double> gradients =
      setup.reference.gradients(setup.parameters(), setup.expected, setup.step());
  ASSERT_EQ(probe.gradients.size(), gradients.size());
  for (const PlannedLayer& layer : setup.config.network.layers) {
    EXPECT_TRUE(close_to(part(probe.gradients, layer.weights), part(gradients, layer.weights)))
        << "weights of a " << layer_name(layer.spec) << " at " << layer.weights.offset;
    EXPECT_TRUE(close_to(part(probe.gradients, layer.bias), part(gradients, layer.bias)))
        << "biases of a " << layer_name(layer.spec) << " at " << layer.bias.offset;
  }
}

// The reference's gradients could be wrong as the engine's are. Its loss alone is enough for these:
// the slope along single parameters, and along random directions through all of a layer's.
TEST_P(Layers, HaveTheGradientsOfFiniteDifferences) {
  const CaseSetup setup(GetParam());
  const std::vector<float> gradients = setup.engine()->probe(setup.batch).gradients;
  const auto slope = [&](const ParameterRange& range, double step, const auto& direction) {
    const auto loss = [&](double sign) {
      std::vector<double> moved = setup.parameters();
      for (std::size_t i = 0; i < range.size; ++i)
        moved[range.offset + i] += sign * step * direction(i);
      return setup.reference.forward(moved, setup.training, setup.batch, setup.step()).loss;
    };
    return (loss(1) - loss(-1)) / (2 * step);
  };
  // A double's loss is exact to 1e-15, and steps this small cross no kink (see CaseSetup), so that
  // slopes are exact to about 1e-9 and 1e-8.
  constexpr double single_step = 1e-6;
  constexpr double common_step = 1e-7;
  const auto check = [&](const ParameterRange& range) {
    std::vector<double> found;
    std::vector<double> expected;
    constexpr std::size_t most_singles = 24;
    const std::size_t stride = range.size / most_singles + 1;
    for (std::size_t single = 0; single < range.size; single += stride) {
      found.push_back(gradients[range.offset + single]);
      expected.push_back(
          slope(range, single_step, [&](std::size_t i) { return i == single ? 1 : 0; }));
    }
    EXPECT_TRUE(close_to(found, expected, rounding, 1e-8)) << "singles from " << range.offset;
    for (std::uint32_t run = 0; run < 3; ++run) {
      const auto direction = [&](std::size_t i) {
        return pattern_byte(case_seed, 10 + run, i) < 128 ? -1 : 1;
      };
      double along = 0;
      double size = 0;
      for (std::size_t i = 0; i < range.size; ++i) {
        along += direction(i) * double{gradients[range.offset + i]};
        size += std::abs(double{gradients[range.offset + i]});
      }
      EXPECT_NEAR(along, slope(range, common_step, direction), rounding * size + 1e-7)
          << "direction " << run << " from " << range.offset;
    }
  };
  for (const PlannedLayer& layer : setup.config.network.layers) {
    if (layer.weights.size == 0) continue;
    check(layer.weights);
    check(layer.bias);
  }
}

}  // namespace
}  // namespace mnist
