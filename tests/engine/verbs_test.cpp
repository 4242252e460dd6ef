// What the verbs of the seam promise, on every row of the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "engine/case_setup.hpp"
#include "engine/closeness.hpp"
#include "network/adam.hpp"
#include "network/execution_order.hpp"
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
  const std::unique_ptr<Engine> engine = setup.engine();
  EXPECT_EQ(engine->state(), setup.state);
  EXPECT_EQ(engine->parameters(), setup.state.parameters);
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

// Whatever is watched: a step is the same.
TEST_P(Verbs, ATimedStepHasTheBitsOfAnyOther) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> watched = setup.engine();
  const std::unique_ptr<Engine> unwatched = setup.engine();
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  const std::vector<StepResult> results = unwatched->train(order, five_rates);
  for (std::size_t step = 0; step < five_rates.size(); ++step) {
    const std::size_t size = setup.batch.size();
    const auto batch = std::span(order).subspan(step * size, size);
    // Every other step, so that each kind goes on from the other.
    const StepResult result = step % 2 == 0
                                  ? watched->train_timed(batch, five_rates[step]).result
                                  : watched->train(batch, std::array{five_rates[step]}).at(0);
    EXPECT_EQ(result, results[step]) << "step " << step;
  }
  EXPECT_EQ(watched->state(), unwatched->state());
}

TEST_P(Verbs, ATimedStepIsTheSumOfItsParts) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> engine = setup.engine();
  std::vector<std::string> layers;
  for (const PlacedLayer& placed : execution_order(setup.config.network, Mode::training))
    layers.push_back(placed.name);
  std::vector<std::string> expected{"gather"};
  expected.insert(expected.end(), layers.begin(), layers.end());
  expected.push_back("loss");
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    expected.push_back(*layer + " gradient");
  const auto gradients_end = static_cast<std::ptrdiff_t>(expected.size());

  for (int again = 0; again < 2; ++again) {
    const Stopwatch watch;
    const TimedStep timed = engine->train_timed(setup.batch, 0.01f);
    const double whole = watch.seconds();
    std::vector<std::string> names;
    double end = 0;
    for (const TimedPart& part : timed.parts) {
      names.push_back(part.name);
      EXPECT_NEAR(part.start_seconds, end, 1e-9) << part.name << " begins where another ends";
      EXPECT_GE(part.seconds, 0) << part.name;
      end = part.start_seconds + part.seconds;
    }
    EXPECT_GT(end, 0);
    EXPECT_LE(end, whole);
    ASSERT_GT(names.size(), expected.size());
    EXPECT_EQ(std::vector(names.begin(), names.begin() + gradients_end), expected);
    EXPECT_EQ(names.back(), "update");
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size()) << "each name once";
  }
}

// The longest call that there may be, of batches as large as a run's.
TEST(Train, TakesAThousandStepsInACall) {
  constexpr std::size_t steps = Engine::most_steps_a_call;
  constexpr std::size_t steps_of_a_part = 125;
  constexpr int batch_size = 100;
  const Network network{.name = "tiny", .input = {1, 2, 3}, .layers = {Linear{.units = 10}}};
  const EngineConfig config{plan(network), batch_size, case_seed};
  const Dataset images = patterned_images(network.input, 700, 3);
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < steps * batch_size; ++i) order.push_back(i * 37 % 700);
  std::vector<float> rates;
  for (std::size_t step = 0; step < steps; ++step)
    rates.push_back(0.0001f * static_cast<float>(step % 9));

  const auto fresh = [&] {
    std::unique_ptr<Engine> engine = make_engine_under_test(config);
    engine->load(images, images);
    engine->restore(initial_state(config.network, 1));
    return engine;
  };
  const std::unique_ptr<Engine> at_once = fresh();
  const std::vector<StepResult> results = at_once->train(order, rates);
  ASSERT_EQ(results.size(), steps);
  const std::unique_ptr<Engine> in_parts = fresh();
  for (std::size_t first = 0; first < steps; first += steps_of_a_part) {
    const std::vector<StepResult> part =
        in_parts->train(std::span(order).subspan(first * batch_size, steps_of_a_part * batch_size),
                        std::span(rates).subspan(first, steps_of_a_part));
    for (std::size_t step = 0; step < steps_of_a_part; ++step)
      ASSERT_EQ(part[step], results[first + step]) << "step " << first + step;
  }
  EXPECT_EQ(in_parts->state(), at_once->state());
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
  std::vector<std::vector<float>> outputs;
  engine->outputs(setup.training.pixels, outputs);
  engine->parameters();
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
TEST_P(Verbs, InferenceAgreesWithDoublePrecision) {
  const CaseSetup setup(GetParam());
  std::vector<std::vector<float>> outputs;  // in the same memory each time
  for (const std::size_t count : {1u, 257u, 2u, 7u, 64u, 101u}) {
    const Dataset test = patterned_images(setup.config.network.input, count, 8);
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0u);
    const ReferencePass expected =
        setup.reference.forward(setup.parameters(), test, all, std::nullopt);
    const std::unique_ptr<Engine> engine = setup.engine(test);
    const Score score = engine->evaluate();
    const std::vector<float> logits = engine->infer(test.pixels);
    EXPECT_TRUE(close_to(logits, expected.outputs.back())) << count << " images";
    engine->outputs(test.pixels, outputs);
    ASSERT_EQ(outputs.size(), expected.outputs.size());
    EXPECT_EQ(outputs.back(), logits) << count << " images";
    for (std::size_t i = 0; i < outputs.size(); ++i)
      EXPECT_TRUE(close_to(outputs[i], expected.outputs[i])) << count << " images, layer " << i;
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

TEST(Inference, TakesNoImages) {
  const CaseSetup setup(layer_cases().front());
  EXPECT_TRUE(setup.engine()->infer({}).empty());
  std::vector<std::vector<float>> outputs;
  setup.engine()->outputs({}, outputs);
  EXPECT_THAT(outputs, testing::Each(testing::IsEmpty()));
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

TEST(State, IsZeroAtFirst) {
  const CaseSetup setup(layer_cases().front());
  const std::vector<float> zeros(setup.state.parameters.size());
  EXPECT_EQ(make_engine_under_test(setup.config)->state(), (TrainingState{0, zeros, zeros, zeros}));
}

template <class Work>
void expect_misuse(const Work& work, const char* found) {
  try {
    work();
    ADD_FAILURE() << "nothing was thrown: " << found;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::bug);
    EXPECT_STREQ(error.what(), found);
  }
}

TEST(Misuse, IsRefused) {
  const CaseSetup setup(layer_cases().front());  // batches of 4 of 9 images of 1x3x5
  const std::unique_ptr<Engine> empty = make_engine_under_test(setup.config);
  expect_misuse([&] { empty->train(setup.batch, std::array{0.1f}); },
                "an engine was given work before load()");
  expect_misuse([&] { empty->train_timed(setup.batch, 0.1f); },
                "an engine was given work before load()");
  expect_misuse([&] { empty->evaluate(); }, "an engine was given work before load()");
  expect_misuse([&] { empty->probe(setup.batch); }, "an engine was given work before load()");
  expect_misuse(
      [&] {
        empty->load(setup.training, patterned_images({1, 3, 4}, 5, 1));
      },
      "an engine was given a data set of 5 images of 1x3x4");
  expect_misuse(
      [&] {
        empty->load(Dataset{{1, 3, 5}, {}, {}}, setup.training);
      },
      "an engine was given a data set of 0 images of 1x3x5");

  const std::unique_ptr<Engine> engine = setup.engine();
  const std::vector<std::uint32_t> beyond{0, 1, 9, 2};
  expect_misuse([&] { engine->train(beyond, std::array{0.1f}); },
                "an engine was given sample 9 of 9");
  expect_misuse([&] { engine->train_timed(beyond, 0.1f); }, "an engine was given sample 9 of 9");
  expect_misuse([&] { engine->probe(beyond); }, "an engine was given sample 9 of 9");
  expect_misuse(
      [&] {
        engine->train(std::array{0u, 1u, 2u}, std::array{0.1f});
      },
      "an engine was given 3 samples for 1 steps");
  expect_misuse(
      [&] {
        const std::vector<float> rates(Engine::most_steps_a_call + 1);
        engine->train(std::vector<std::uint32_t>(rates.size() * 4), rates);
      },
      "an engine was given 4004 samples for 1001 steps");
  expect_misuse(
      [&] {
        engine->train_timed(std::array{0u, 1u, 2u}, 0.1f);
      },
      "an engine was given 3 samples for 1 steps");
  expect_misuse(
      [&] {
        engine->probe(std::array{0u, 1u, 2u});
      },
      "an engine was given 3 samples to probe");
  expect_misuse([&] { engine->infer(std::vector<std::uint8_t>(16)); },
                "an engine was given 16 bytes of images of 1x3x5");
  std::vector<std::vector<float>> outputs;
  expect_misuse([&] { engine->outputs(std::vector<std::uint8_t>(16), outputs); },
                "an engine was given 16 bytes of images of 1x3x5");
  expect_misuse([&] { engine->restore({}); },
                "an engine was given a state of 0 values for 160 parameters");
  EXPECT_EQ(engine->state(), setup.state) << "what was refused changed nothing";
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
