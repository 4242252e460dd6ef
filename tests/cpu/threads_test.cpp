// What the number of threads may change, and what it may not.
#include <gtest/gtest.h>

#include <algorithm>

#include "cpu/cpu_engine.hpp"
#include "engine/case_setup.hpp"
#include "engine/closeness.hpp"
#include "network/execution_order.hpp"

namespace mnist {
namespace {

class Threads : public testing::TestWithParam<LayerCase> {};
INSTANTIATE_TEST_SUITE_P(Each, Threads, testing::ValuesIn(layer_cases()), LayerCaseName());

std::unique_ptr<Engine> engine_of(const CaseSetup& setup, int threads) {
  std::unique_ptr<Engine> engine = make_cpu_engine(setup.config, threads);
  engine->load(setup.training, setup.training);
  engine->restore(setup.state);
  return engine;
}

// Also where there are more of them than images in a batch.
TEST_P(Threads, OfEveryNumberRepeatTheirBits) {
  const CaseSetup setup(GetParam());
  const std::vector<float> rates(4, 0.001f);
  const std::vector<std::uint32_t> order = setup.order(rates.size());
  for (const int threads : {1, 2, 5, 12}) {
    const std::unique_ptr<Engine> first = engine_of(setup, threads);
    const std::unique_ptr<Engine> second = engine_of(setup, threads);
    EXPECT_EQ(first->describe().threads, threads);
    EXPECT_EQ(first->train(order, rates), second->train(order, rates));
    EXPECT_EQ(first->state(), second->state());
    EXPECT_EQ(first->evaluate().loss, second->evaluate().loss);
  }
}

// What differs is the order of sums: over a batch in gradients, and over the inputs of a first
// dense layer in everything behind it.
TEST_P(Threads, ChangeRoundingOnly) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> alone = engine_of(setup, 1);
  const Probe expected = alone->probe(setup.batch);
  for (const int threads : {2, 3, 7, 40}) {
    const std::unique_ptr<Engine> together = engine_of(setup, threads);
    const Probe found = together->probe(setup.batch);
    EXPECT_TRUE(close_to(found.logits, expected.logits)) << threads << " threads";
    EXPECT_NEAR(found.loss, expected.loss, rounding * expected.loss) << threads << " threads";
    EXPECT_TRUE(close_to(found.gradients, expected.gradients)) << threads << " threads";
    const Score score = together->evaluate();
    EXPECT_NEAR(score.loss, alone->evaluate().loss, rounding * score.loss);
    EXPECT_EQ(score.correct, alone->evaluate().correct);
  }
}

// Twenty steps on: Adam makes a whole step of the smallest gradient, so that single parameters may
// end a few learning rates apart, but the losses stay together.
TEST_P(Threads, TrainAlike) {
  const CaseSetup setup(GetParam());
  const std::vector<float> rates(20, 0.0005f);
  const std::vector<std::uint32_t> order = setup.order(rates.size());
  const std::vector<StepResult> expected = engine_of(setup, 1)->train(order, rates);
  for (const int threads : {2, 5}) {
    const std::vector<StepResult> found = engine_of(setup, threads)->train(order, rates);
    for (std::size_t step = 0; step < rates.size(); ++step)
      EXPECT_NEAR(found[step].loss, expected[step].loss, 1e-3 * expected[step].loss)
          << threads << " threads, step " << step;
  }
}

// Besides what every engine does in a step.
TEST(TimedStep, TellsOfTheTeamsWaitAndSums) {
  for (const LayerCase& layer_case : layer_cases()) {
    const CaseSetup setup(layer_case);
    std::vector<std::string> expected{"wait"};
    for (const PlacedLayer& placed : execution_order(setup.config.network, Mode::training))
      if (placed.planned.weights.size > 0) expected.push_back(placed.name + " gradient sum");
    expected.emplace_back("update");
    for (const int threads : {1, 3}) {
      std::vector<std::string> names;
      for (const TimedPart& part : engine_of(setup, threads)->train_timed(setup.batch, 0.1f).parts)
        names.push_back(part.name);
      names.erase(names.begin(), std::ranges::find(names, "wait"));
      EXPECT_EQ(names, expected) << layer_case.network.name;
    }
  }
}

}  // namespace
}  // namespace mnist
