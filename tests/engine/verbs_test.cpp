// What the verbs of the seam promise, on every row of the table.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/case_setup.hpp"
#include "engine/closeness.hpp"
#include "network/adam.hpp"
#include "network/softmax.hpp"

namespace mnist {
namespace {

class Verbs : public testing::TestWithParam<LayerCase> {};
INSTANTIATE_TEST_SUITE_P(Each, Verbs, testing::ValuesIn(layer_cases()), LayerCaseName());

const std::vector<float> five_rates{0.001f, 0.002f, 0.001f, 0.0005f, 0.001f};

TEST_P(Verbs, StateGivesBackWhatRestoreTook) {
  CaseSetup setup(GetParam());
  for (std::size_t i = 0; i < setup.state.parameters.size(); ++i) {
    setup.state.first_moments[i] = static_cast<float>(i) - 7;
    setup.state.second_moments[i] = static_cast<float>(i) + 0.5f;
  }
  EXPECT_EQ(setup.engine()->state(), setup.state);
}

TEST_P(Verbs, TrainIsAdamOnTheGradientsOfProbe) {
  CaseSetup setup(GetParam());
  TrainingState& expected = setup.state;
  for (std::size_t i = 0; i < expected.parameters.size(); ++i) {
    expected.first_moments[i] = static_cast<float>(i % 7) / 100 - 0.03f;
    expected.second_moments[i] = static_cast<float>(i % 5) / 100 + 0.001f;
  }
  const std::unique_ptr<Engine> engine = setup.engine();
  const Probe probe = engine->probe(setup.batch);
  const std::vector<StepResult> results = engine->train(setup.batch, std::array{0.01f});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].loss, probe.loss);
  EXPECT_EQ(results[0].correct, static_cast<int>(setup.expected.correct));

  const float rate = adam_rate(0.01f, expected.step + 1);
  for (std::size_t i = 0; i < expected.parameters.size(); ++i)
    adam_update(probe.gradients[i], rate, expected.parameters[i], expected.first_moments[i],
                expected.second_moments[i]);
  const TrainingState found = engine->state();
  EXPECT_EQ(found.step, expected.step + 1);
  // A compiler may fuse a product and a sum into one rounding.
  constexpr double few_roundings = 1e-6;
  EXPECT_TRUE(close_to(found.parameters, expected.parameters, few_roundings));
  EXPECT_TRUE(close_to(found.first_moments, expected.first_moments, few_roundings));
  EXPECT_TRUE(close_to(found.second_moments, expected.second_moments, few_roundings));
}

TEST_P(Verbs, TheSameStepsGiveTheSameBits) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> first = setup.engine();
  const std::unique_ptr<Engine> second = setup.engine();
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  EXPECT_EQ(first->train(order, five_rates), second->train(order, five_rates));
  EXPECT_EQ(first->state(), second->state());
  EXPECT_NE(first->state().parameters, setup.state.parameters);
}

TEST_P(Verbs, StepsInOneCallEqualStepsOneByOne) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> at_once = setup.engine();
  const std::unique_ptr<Engine> one_by_one = setup.engine();
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  const std::vector<StepResult> results = at_once->train(order, five_rates);
  ASSERT_EQ(results.size(), five_rates.size());
  for (std::size_t step = 0; step < five_rates.size(); ++step) {
    const std::size_t size = setup.batch.size();
    const auto batch = std::span(order).subspan(step * size, size);
    EXPECT_EQ(one_by_one->train(batch, std::array{five_rates[step]}).at(0), results[step]);
  }
  EXPECT_EQ(one_by_one->state(), at_once->state());
}

TEST_P(Verbs, ResumingEqualsNotStopping) {
  const CaseSetup setup(GetParam());
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  const std::unique_ptr<Engine> uninterrupted = setup.engine();
  uninterrupted->train(order, five_rates);

  const std::size_t stop = 2;
  const auto before = std::span(order).first(stop * setup.batch.size());
  const auto after = std::span(order).subspan(stop * setup.batch.size());
  const std::unique_ptr<Engine> stopped = setup.engine();
  stopped->train(before, std::span(five_rates).first(stop));
  const std::unique_ptr<Engine> resumed = setup.engine();
  resumed->restore(stopped->state());
  resumed->train(after, std::span(five_rates).subspan(stop));
  EXPECT_EQ(resumed->state(), uninterrupted->state());
}

// Nor do evaluations and inference in between.
TEST_P(Verbs, ProbeChangesNothing) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> undisturbed = setup.engine();
  const std::unique_ptr<Engine> engine = setup.engine();
  const Probe first = engine->probe(setup.batch);
  engine->evaluate();
  engine->infer(setup.training.pixels);
  const Probe second = engine->probe(setup.batch);
  EXPECT_EQ(first.loss, second.loss);
  EXPECT_EQ(first.logits, second.logits);
  EXPECT_EQ(first.outputs, second.outputs);
  EXPECT_EQ(first.gradients, second.gradients);
  EXPECT_EQ(engine->state(), setup.state);
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  EXPECT_EQ(engine->train(order, five_rates), undisturbed->train(order, five_rates));
  EXPECT_EQ(engine->state(), undisturbed->state());
}

// Test sets of every size, since engines work through them in pieces.
TEST_P(Verbs, EvaluateAndInferAgreeWithDoublePrecision) {
  const CaseSetup setup(GetParam());
  for (const std::size_t count : {1u, 2u, 7u, 64u, 101u, 257u}) {
    const Dataset test = patterned_images(setup.config.network.input, count, 8);
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    const ReferencePass expected =
        setup.reference.forward(setup.parameters(), test, all, std::nullopt);
    const std::unique_ptr<Engine> engine = setup.engine(test);
    const Score score = engine->evaluate();
    const std::vector<float> logits = engine->infer(test.pixels);
    EXPECT_TRUE(close_to(logits, expected.outputs.back())) << count << " images";
    EXPECT_EQ(score.count, count);
    EXPECT_NEAR(score.loss, expected.loss, rounding * expected.loss) << count << " images";

    double loss = 0;
    std::size_t correct = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const SampleLoss sample =
          softmax_cross_entropy(&logits[i * class_count], class_count, test.labels[i], 1, nullptr);
      loss += double{sample.loss};
      correct += sample.correct;
    }
    EXPECT_EQ(score.correct, correct) << count << " images";
    // Each sample's loss is a float; the engine may sum some of them in floats too.
    EXPECT_NEAR(score.loss, loss / static_cast<double>(count), 1e-6 * score.loss);
  }
}

TEST_P(Verbs, EvaluateSeesWhatTrainingChanged) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> engine = setup.engine();
  const Score before = engine->evaluate();
  engine->train(setup.order(five_rates.size()), five_rates);
  const Score after = engine->evaluate();
  EXPECT_NE(before.loss, after.loss);
  const std::unique_ptr<Engine> fresh = setup.engine();
  fresh->restore(engine->state());
  EXPECT_EQ(fresh->evaluate().loss, after.loss);
}

TEST(Infer, TakesNoImages) {
  const CaseSetup setup(layer_cases().front());
  EXPECT_TRUE(setup.engine()->infer({}).empty());
}

// A diverged run must be seen, not hidden by a maximum with zero.
TEST_P(Verbs, AParameterThatIsNotANumberShowsInTheLoss) {
  CaseSetup setup(GetParam());
  setup.state.parameters.back() = std::numeric_limits<float>::quiet_NaN();
  const std::unique_ptr<Engine> engine = setup.engine();
  EXPECT_TRUE(std::isnan(engine->probe(setup.batch).loss));
  EXPECT_TRUE(std::isnan(engine->evaluate().loss));
  EXPECT_TRUE(std::isnan(engine->train(setup.batch, std::array{0.001f}).at(0).loss));
}

// Dropout masks of a step depend on the seed and the step, not on what ran before.
TEST_P(Verbs, DropoutMasksFollowSeedAndStep) {
  CaseSetup setup(GetParam());
  bool drops = false;
  for (const PlannedLayer& layer : setup.config.network.layers)
    if (const auto* dropout = std::get_if<Dropout>(&layer.spec)) drops |= dropout->keep < 1;
  const float loss = setup.engine()->probe(setup.batch).loss;
  ++setup.state.step;
  const float next_step = setup.engine()->probe(setup.batch).loss;
  --setup.state.step;
  ++setup.config.seed;
  const float other_seed = setup.engine()->probe(setup.batch).loss;
  EXPECT_EQ(next_step != loss, drops);
  EXPECT_EQ(other_seed != loss, drops);
}

TEST(Describe, NamesTheEngine) {
  const CaseSetup setup(layer_cases().front());
  const Description description = setup.engine()->describe();
  EXPECT_FALSE(description.engine.empty());
  EXPECT_FALSE(description.device.empty());
  EXPECT_FALSE(description.libraries.empty());
}

}  // namespace
}  // namespace mnist
