// The same layers on small whole numbers, where every order of summation gives the same float: the
// engine's numbers are compared exactly.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/case_setup.hpp"

namespace mnist {
namespace {

class ExactLayers : public testing::TestWithParam<LayerCase> {};
INSTANTIATE_TEST_SUITE_P(Each, ExactLayers, testing::ValuesIn(layer_cases()), LayerCaseName());

// Pixels of 0 and 1. Batches of 8, so that a mean is exact.
CaseSetup exact_setup(LayerCase layer_case) {
  layer_case.batch_size = 8;
  for (LayerSpec& spec : layer_case.network.layers)
    if (auto* dropout = std::get_if<Dropout>(&spec); dropout && dropout->keep != 1)
      dropout->keep = 0.5f;
  CaseSetup setup(layer_case);
  for (std::uint8_t& pixel : setup.training.pixels) pixel = pixel % 2 == 0 ? 0 : 255;

  const PlannedLayer* last = nullptr;
  for (const PlannedLayer& layer : setup.config.network.layers) {
    if (layer.weights.size == 0) continue;
    last = &layer;
    // -1, 0 and 1; in wide layers mostly 0, so that values stay small.
    const std::size_t fan_in = layer.weights.size / layer.bias.size;
    const unsigned chance = fan_in <= 32 ? 64 : fan_in <= 128 ? 24 : 8;
    for (std::size_t i = 0; i < layer.weights.size; ++i) {
      const unsigned byte = pattern_byte(3, 0, layer.weights.offset + i);
      setup.state.parameters[layer.weights.offset + i] = byte < chance       ? 1.0f
                                                         : byte < 2 * chance ? -1.0f
                                                                             : 0.0f;
    }
    for (std::size_t i = 0; i < layer.bias.size; ++i)
      setup.state.parameters[layer.bias.offset + i] = static_cast<float>(i % 3) - 1;
  }
  // Logits no two of which are closer than 128: softmax gives exactly 0 and 1, since exp(-128) is 0
  // in floats, and the gradients are whole numbers over 8.
  for (std::size_t i = 0; i < last->weights.size; ++i)
    setup.state.parameters[last->weights.offset + i] *= 2048;
  for (std::size_t i = 0; i < last->bias.size; ++i)
    setup.state.parameters[last->bias.offset + i] = 128 * (static_cast<float>(i) + 1);

  setup.expected =
      setup.reference.forward(setup.parameters(), setup.training, setup.batch, setup.step());
  return setup;
}

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

TEST_P(ExactLayers, GiveTheExactNumbers) {
  const CaseSetup setup = exact_setup(GetParam());
  const Probe probe = setup.engine()->probe(setup.batch);
  EXPECT_EQ(probe.loss, static_cast<float>(setup.expected.loss));
  ASSERT_EQ(probe.outputs.size(), setup.expected.outputs.size());
  for (std::size_t i = 0; i < probe.outputs.size(); ++i)
    EXPECT_EQ(probe.outputs[i], floats(setup.expected.outputs[i])) << "outputs of layer " << i;
  const std::vector<float> expected =
      floats(setup.reference.gradients(setup.parameters(), setup.expected, setup.step()));
  EXPECT_EQ(probe.gradients, expected);
  // The comparison is of something: most rows have ReLUs that are on.
  EXPECT_NE(expected, std::vector<float>(expected.size()));
}

}  // namespace
}  // namespace mnist
