#include "training/trainer.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <limits>
#include <numeric>
#include <thread>

#include "base/error.hpp"
#include "dataset/sample_order.hpp"
#include "training/call_length.hpp"

namespace mnist {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// Trains nothing and keeps what it was asked for. Of its 1,000 test images it reads as many as it
// has made steps.
class RecordingEngine : public Engine {
 public:
  Description describe() const override { return {}; }
  void load(const Dataset&, const Dataset&) override {}
  std::vector<StepResult> train(std::span<const std::uint32_t> order,
                                std::span<const float> learning_rates) override {
    std::this_thread::sleep_for(sleep_a_step * learning_rates.size());
    std::vector<StepResult> results;
    for (std::size_t i = 0; i < learning_rates.size(); ++i)
      results.push_back({steps + i == bad_step ? not_a_number : 1.0f, 0});
    steps += learning_rates.size();
    calls.push_back(learning_rates.size());
    samples.insert(samples.end(), order.begin(), order.end());
    rates.insert(rates.end(), learning_rates.begin(), learning_rates.end());
    return results;
  }
  TimedStep train_timed(std::span<const std::uint32_t> batch, float learning_rate) override {
    timed.push_back(steps);
    return {train(batch, std::span(&learning_rate, 1)).at(0), {{"update", 0, 1}}};
  }
  Score evaluate() override {
    evaluations.push_back(steps);
    const bool bad = steps == bad_evaluation;
    return {bad ? std::numeric_limits<double>::infinity() : 0.25, steps, 1000};
  }
  std::vector<float> infer(std::span<const std::uint8_t>) override { return {}; }
  void outputs(std::span<const std::uint8_t>, std::vector<std::vector<float>>&) override {}
  std::vector<float> parameters() const override { return state().parameters; }
  Probe probe(std::span<const std::uint32_t>) override { return {}; }
  TrainingState state() const override { return {}; }
  void restore(const TrainingState&) override {}

  std::chrono::milliseconds sleep_a_step{0};
  std::uint64_t steps = 0;
  std::uint64_t bad_step = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bad_evaluation = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::size_t> calls;          // steps in each
  std::vector<std::uint64_t> timed;        // steps
  std::vector<std::uint64_t> evaluations;  // the updates done before each
  std::vector<std::uint32_t> samples;
  std::vector<float> rates;
};

struct Training {
  RecordingEngine engine;
  LiveResult live{RunResult{}};
  const RunResult& result = live.own();
  std::vector<std::uint64_t> told;  // steps that the caller was told the score of
  std::vector<std::uint64_t> told_steps;
  std::vector<std::uint64_t> told_timed;
  std::size_t between = 0;  // how often the caller could have ended the run
  std::size_t most_between = std::numeric_limits<std::size_t>::max();

  void train(const TrainingSettings& settings) {
    mnist::train(engine, settings, live,
                 {.on_evaluation =
                      [this](std::uint64_t step, const Score& score) {
                        EXPECT_EQ(score.correct, step);
                        told.push_back(step);
                      },
                  .between_calls =
                      [this] {
                        if (++between > most_between)
                          throw Error(ExitCode::terminated, "enough", "");
                        EXPECT_EQ(between, engine.calls.size() + engine.evaluations.size() + 1);
                      },
                  .on_steps =
                      [this](std::uint64_t first, std::span<const StepResult> results) {
                        for (std::size_t i = 0; i < results.size(); ++i)
                          told_steps.push_back(first + i);
                      },
                  .on_timed_step =
                      [this](std::uint64_t step, const TimedStep& timed) {
                        EXPECT_EQ(told_steps.back(), step);
                        EXPECT_EQ(timed.parts.at(0).name, "update");
                        told_timed.push_back(step);
                      }});
  }
};

TrainingSettings steps(std::uint64_t max_steps, std::uint64_t eval_every) {
  return {.max_steps = max_steps, .eval_every = eval_every, .training_images = 60};
}

TEST(Trainer, EvaluatesEveryStrideAndOnceMoreAfterTheLastUpdate) {
  for (std::uint64_t max_steps = 0; max_steps <= 12; ++max_steps)
    for (std::uint64_t eval_every = 0; eval_every <= 14; ++eval_every) {
      SCOPED_TRACE(std::to_string(max_steps) + " steps, " + std::to_string(eval_every));
      std::vector<std::uint64_t> expected;
      for (std::uint64_t step = 0; eval_every > 0 && step < max_steps; step += eval_every)
        expected.push_back(step);
      Training run;
      run.train(steps(max_steps, eval_every));
      EXPECT_EQ(run.told, expected);
      expected.push_back(max_steps);
      EXPECT_EQ(run.engine.evaluations, expected);
      EXPECT_EQ(run.engine.steps, max_steps);
      EXPECT_EQ(run.result.steps, max_steps);
      ASSERT_EQ(run.result.curve.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(run.result.curve[i].step, expected[i]);
        EXPECT_EQ(run.result.curve[i].accuracy, static_cast<double>(expected[i]) / 1000);
      }
      EXPECT_EQ(run.result.final_accuracy, static_cast<double>(max_steps) / 1000);
      EXPECT_EQ(run.result.final_loss, 0.25);
    }
}

TEST(Trainer, GoesOnFromAStepAsARunThatCameThere) {
  for (const std::uint64_t first_step : {0u, 3u, 10u, 13u, 25u})
    for (const std::uint64_t eval_every : {0u, 5u, 7u, 100u}) {
      SCOPED_TRACE(std::to_string(first_step) + ", " + std::to_string(eval_every));
      Training whole;
      whole.train(steps(25, eval_every));
      Training rest;
      rest.engine.steps = first_step;
      TrainingSettings settings = steps(25, eval_every);
      settings.first_step = first_step;
      rest.train(settings);
      EXPECT_EQ(rest.engine.samples, SampleOrder(0, 60, 100).batches(first_step, 25 - first_step));
      EXPECT_EQ(rest.result.steps, 25 - first_step) << "its own";
      std::erase_if(whole.told, [&](std::uint64_t step) { return step < first_step; });
      EXPECT_EQ(rest.told, whole.told);
      std::erase_if(whole.told_steps, [&](std::uint64_t step) { return step < first_step; });
      EXPECT_EQ(rest.told_steps, whole.told_steps);
      EXPECT_EQ(rest.result.curve.back().step, 25u);
    }
}

TEST(Trainer, EndsACallWhereItIsToBeCut) {
  Training run;
  TrainingSettings settings = steps(100, 30);
  run.engine.steps = 2;
  settings.first_step = 2;
  settings.cut_every = 7;
  run.train(settings);
  std::uint64_t step = 2;
  std::vector<std::uint64_t> ends;
  for (const std::size_t call : run.engine.calls) {
    EXPECT_EQ(step / 7, (step + call - 1) / 7) << "from step " << step;
    ends.push_back(step += call);
  }
  EXPECT_EQ(step, 100u);
  for (std::uint64_t cut = 7; cut < 100; cut += 7) EXPECT_THAT(ends, Contains(cut));
}

TEST(CallLength, GrowsTenfoldToATenthOfASecond) {
  CallLength length(1000);
  const auto after = [&](std::size_t steps, double seconds) {
    length.took(steps, seconds);
    return length.steps();
  };
  EXPECT_EQ(length.steps(), 1u) << "nobody knows yet how long a step takes";
  EXPECT_EQ(after(1, 0.00003), 10u);
  EXPECT_EQ(after(10, 0.0003), 100u);
  EXPECT_EQ(after(100, 0.003), 1000u);
  EXPECT_EQ(after(1000, 0.03), 1000u) << "no more than the most";
  EXPECT_EQ(after(1000, 1.6), 62u);
  EXPECT_EQ(after(62, 0.0992), 62u);
  EXPECT_EQ(after(5, 0.001), 500u) << "a call that an evaluation cut short says as much";
  EXPECT_EQ(after(500, 0), 1000u);
  EXPECT_EQ(after(1, 3600), 1u) << "but never none";
}

TEST(Trainer, EndsACallOfALargeSlowStepSoon) {
  Training run;
  run.engine.sleep_a_step = std::chrono::milliseconds(5);
  run.train(steps(60, 0));
  for (const std::size_t call : run.engine.calls) EXPECT_LE(call, 20u);
  EXPECT_EQ(run.engine.calls.front(), 1u);
}

TEST(Trainer, BoundsTheStepsAndTheSamplesOfACall) {
  for (const auto& [batch_size, most] : {std::pair{100, 1000u}, std::pair{10'000, 100u}}) {
    Training run;
    TrainingSettings settings = steps(2500, 0);
    settings.batch_size = batch_size;
    run.train(settings);
    for (const std::size_t call : run.engine.calls) EXPECT_LE(call, most);
    EXPECT_EQ(std::reduce(run.engine.calls.begin(), run.engine.calls.end()), 2500u);
  }
}

TEST(Trainer, TellsOfEachStepOnce) {
  Training run;
  run.train(steps(25, 7));
  std::vector<std::uint64_t> all(25);
  std::iota(all.begin(), all.end(), 0u);
  EXPECT_EQ(run.told_steps, all);
}

// At an evaluation's step, before and after one; in the first call, which has one step, and others.
TEST(Trainer, TimesEveryHundredthStepWhateverElseItDoes) {
  for (const std::uint64_t every : {1u, 2u, 7u, 10u, 25u, 26u})
    for (const std::uint64_t eval_every : {0u, 1u, 7u, 10u}) {
      Training run;
      TrainingSettings settings = steps(25, eval_every);
      settings.timed_every = every;
      settings.batch_size = 4;
      run.train(settings);
      std::vector<std::uint64_t> expected;
      for (std::uint64_t step = every - 1; step < 25; step += every) expected.push_back(step);
      EXPECT_EQ(run.engine.timed, expected);
      EXPECT_EQ(run.told_timed, expected);
      EXPECT_EQ(run.told_steps.size(), 25u);
      EXPECT_EQ(run.engine.samples, SampleOrder(0, 60, 4).batches(0, 25));
      EXPECT_EQ(run.engine.rates, std::vector<float>(25, settings.learning_rate));
    }
}

TEST(Trainer, TimesNothingUnlessAsked) {
  Training run;
  run.train(steps(250, 100));
  EXPECT_THAT(run.engine.timed, testing::IsEmpty());
}

TEST(Trainer, EndsBetweenTwoCallsWhereItIsTold) {
  for (std::size_t calls = 0; calls < 5; ++calls) {
    Training run;
    run.most_between = calls;
    EXPECT_THROW(run.train(steps(20, 10)), Error);
    EXPECT_EQ(run.engine.calls.size() + run.engine.evaluations.size(), calls);
    EXPECT_EQ(run.result.steps, run.engine.steps) << "what was trained stays known";
    EXPECT_FALSE(run.result.final_accuracy);
  }
}

TEST(Trainer, GoesThroughTheSeedsSampleOrderWhereverItEvaluates) {
  Training run;
  TrainingSettings settings = steps(25, 7);
  settings.batch_size = 4;
  settings.seed = 9;
  settings.learning_rate = 0.5f;
  run.train(settings);
  EXPECT_EQ(run.engine.samples, SampleOrder(9, 60, 4).batches(0, 25));
  EXPECT_EQ(run.engine.rates, std::vector<float>(25, 0.5f));
}

TEST(Trainer, CountsImagesASecondWithoutEvaluations) {
  Training run;
  run.train(steps(20, 10));
  ASSERT_TRUE(run.result.images_per_second);
  EXPECT_DOUBLE_EQ(*run.result.images_per_second, 20 * 100 / *run.result.timings.training);
}

TEST(Trainer, HasNoImagesASecondWithoutSteps) {
  Training run;
  run.train(steps(0, 10));
  EXPECT_FALSE(run.result.images_per_second);
  EXPECT_EQ(run.result.timings.training, 0);
}

TEST(Trainer, EndsOnATrainingLossThatIsNotFinite) {
  Training run;
  run.engine.bad_step = 13;
  try {
    run.train(steps(30, 10));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::wrong_numbers);
    EXPECT_THAT(error.what(), HasSubstr("training loss at step 13 is nan"));
  }
  EXPECT_THAT(run.told, ElementsAre(0, 10));
  EXPECT_EQ(run.result.steps, run.engine.steps) << "what was trained stays known";
  EXPECT_THAT(run.told_steps, Not(Contains(13u)));
  EXPECT_FALSE(run.result.final_accuracy);
}

TEST(Trainer, EndsOnATestLossThatIsNotFinite) {
  Training run;
  run.engine.bad_evaluation = 30;
  try {
    run.train(steps(30, 10));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::wrong_numbers);
    EXPECT_THAT(error.what(), HasSubstr("test loss at step 30 is inf"));
  }
  EXPECT_EQ(run.result.curve.size(), 3u);
  EXPECT_FALSE(run.result.final_accuracy);
}

}  // namespace
}  // namespace mnist
