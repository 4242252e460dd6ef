#include "training/rounds.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "base/error.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

// A parameter that every step moves by the sum of its samples; restore() begins a round. In one
// round it may be wrong: in the loss of a step (and from then on), or in the last parameters alone.
class FaultyEngine : public Engine {
 public:
  Description describe() const override { return {}; }
  void load(const Dataset&, const Dataset&) override {}
  std::vector<StepResult> train(std::span<const std::uint32_t> order,
                                std::span<const float> rates) override {
    std::vector<StepResult> results;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      for (const std::uint32_t sample : order.subspan(i * 2, 2))
        state_.parameters[0] += static_cast<float>(sample + 1);
      const bool bad = round == bad_round && state_.step == bad_step;
      if (bad) state_.parameters[0] += wrong_by;
      results.push_back({1 / state_.parameters[0] + (bad ? bad_loss : 0), 0});
      ++state_.step;
    }
    return results;
  }
  TimedStep train_timed(std::span<const std::uint32_t> batch, float rate) override {
    return {train(batch, std::span(&rate, 1)).at(0), {}};
  }
  Score evaluate() override {
    evaluations.push_back(round);
    return {0.25, state_.step, 1000};
  }
  std::vector<float> infer(std::span<const std::uint8_t>) override { return {}; }
  void outputs(std::span<const std::uint8_t>, std::vector<std::vector<float>>&) override {}
  std::vector<float> parameters() const override { return state().parameters; }
  Probe probe(std::span<const std::uint32_t>) override { return {}; }
  TrainingState state() const override {
    TrainingState state = state_;
    if (round == bad_round) state.parameters[1] = bad_parameter;
    return state;
  }
  void restore(const TrainingState& state) override {
    state_ = state;
    ++round;
  }

  std::uint64_t round = 0;
  std::uint64_t bad_round = never;
  std::uint64_t bad_step = never;
  float wrong_by = 0.5f;
  float bad_loss = 0;
  float bad_parameter = 0;
  std::vector<std::uint64_t> evaluations;  // the round of each

 private:
  TrainingState state_;
};

struct Rounds {
  FaultyEngine engine;
  LiveResult live{RunResult{}};
  const RunResult& result = live.own();
  TrainingState start{.step = 0, .parameters = {1, 0}, .first_moments = {}, .second_moments = {}};
  TrainingSettings settings{
      .max_steps = 40, .eval_every = 10, .batch_size = 2, .training_images = 60};
  std::vector<std::uint64_t> told;
  std::size_t told_steps = 0;
  TrainingHooks hooks{
      .on_evaluation = [this](std::uint64_t step, const Score&) { told.push_back(step); },
      .on_steps = [this](std::uint64_t,
                         std::span<const StepResult> steps) { told_steps += steps.size(); }};

  std::optional<Check> train(const RoundsAsked& asked) {
    return train_rounds(engine, start, settings, asked, live, hooks);
  }
};

TEST(Rounds, OfOneIsTrainingAlone) {
  Rounds run;
  EXPECT_FALSE(run.train({}));
  EXPECT_EQ(run.result.rounds, 1u);
  EXPECT_EQ(run.result.steps, 40u);
  EXPECT_EQ(run.engine.round, 1u);
  EXPECT_THAT(run.told, ElementsAre(0, 10, 20, 30));
}

TEST(Rounds, ThatAgreeTellOfTheFirstAndCountAll) {
  Rounds run;
  const std::optional<Check> check = run.train({.least = 3});
  ASSERT_TRUE(check);
  EXPECT_EQ(check->group, "numbers");
  EXPECT_EQ(check->outcome, Outcome::passed);
  EXPECT_EQ(check->code, ExitCode::passed);
  EXPECT_EQ(check->found, "3 rounds of 40 steps gave the same bits");
  EXPECT_EQ(check->remedy, "");
  EXPECT_GT(check->seconds, 0);
  EXPECT_EQ(run.result.rounds, 3u);
  EXPECT_EQ(run.result.steps, 120u);
  EXPECT_THAT(run.told, ElementsAre(0, 10, 20, 30));
  EXPECT_EQ(run.told_steps, 40u);
  EXPECT_EQ(run.result.curve.size(), 5u);
  EXPECT_EQ(run.result.final_accuracy, 0.04);
  EXPECT_DOUBLE_EQ(*run.result.images_per_second, 120 * 2 / *run.result.timings.training);
  // Of the later rounds only the last numbers are looked at.
  EXPECT_THAT(run.engine.evaluations, ElementsAre(1, 1, 1, 1, 1, 2, 3));
}

TEST(Rounds, GoOnForTheTimeThatWasAskedFor) {
  Rounds run;
  const std::optional<Check> check = run.train({.least = 1, .least_seconds = 0.05});
  ASSERT_TRUE(check);
  EXPECT_GE(check->seconds, 0.05);
  EXPECT_EQ(check->outcome, Outcome::passed);
  EXPECT_GT(run.result.rounds, 2u);
  EXPECT_EQ(run.result.steps, 40 * run.result.rounds) << "in whole rounds";
}

TEST(Rounds, OfOneLongEnoughAreNotCompared) {
  Rounds run;
  run.settings.max_steps = 2000;
  EXPECT_FALSE(run.train({.least = 1, .least_seconds = 1e-9}));
  EXPECT_EQ(run.result.rounds, 1u);
}

TEST(Rounds, WithoutStepsGoOnToo) {
  Rounds run;
  run.settings.max_steps = 0;
  const std::optional<Check> check = run.train({.least = 2});
  ASSERT_TRUE(check);
  EXPECT_EQ(check->outcome, Outcome::passed);
  EXPECT_FALSE(run.result.images_per_second);
}

void expect_difference(const std::optional<Check>& check, const char* found) {
  ASSERT_TRUE(check);
  EXPECT_EQ(check->outcome, Outcome::failed);
  EXPECT_EQ(check->code, ExitCode::not_reproducible);
  EXPECT_THAT(check->found, HasSubstr(found));
  EXPECT_THAT(check->remedy, HasSubstr("dcgmi"));
}

TEST(Rounds, StopAtTheOneThatDiffersAndSayWhere) {
  for (const std::uint64_t step : {0u, 17u, 39u}) {
    Rounds run;
    run.engine.bad_round = 3;
    run.engine.bad_step = step;
    const std::string where = "round 3 differs from round 1, first at step " + std::to_string(step);
    expect_difference(run.train({.least = 5, .least_seconds = 3600}),
                      (where + ": loss 0.").c_str());
    EXPECT_EQ(run.result.rounds, 3u);
  }
}

TEST(Rounds, BeginAgainAtTheStepThatTheyStartFrom) {
  Rounds run;
  run.start.step = 15;
  run.engine.bad_round = 3;
  run.engine.bad_step = 17;
  expect_difference(run.train({.least = 5}), "round 3 differs from round 1, first at step 17");
  EXPECT_EQ(run.result.steps, 3 * 25u);
  EXPECT_THAT(run.told, ElementsAre(20, 30));
  run.engine.bad_round = never;
  EXPECT_EQ(run.train({.least = 2})->found, "2 rounds of 25 steps gave the same bits");
}

TEST(Rounds, DifferInTheLastParametersAlone) {
  for (const float bad : {1.0f, -0.0f, std::numeric_limits<float>::denorm_min()}) {
    Rounds run;
    run.engine.bad_round = 2;
    run.engine.bad_parameter = bad;
    expect_difference(run.train({.least = 2}),
                      "round 2 differs from round 1, after the last step: 1 of 2 parameters");
  }
}

// A loss alone may be wrong on its way from the device.
TEST(Rounds, DifferInALossAlone) {
  Rounds run;
  run.engine.bad_round = 2;
  run.engine.bad_step = 39;
  run.engine.wrong_by = 0;
  run.engine.bad_loss = 1e-7f;
  expect_difference(run.train({.least = 2}), "first at step 39");
}

TEST(Rounds, AreEndedByTheHookWithWhatIsKnown) {
  Rounds run;
  run.hooks.between_calls = [&] {
    if (run.result.steps > 80) throw Error(ExitCode::interrupted, "enough", "");
  };
  EXPECT_THROW(run.train({.least = 1, .least_seconds = 3600}), Error);
  EXPECT_EQ(run.result.rounds, 2u);
  EXPECT_EQ(run.result.steps, 81u) << "a round's steps count as they are done";
  EXPECT_GT(*run.result.timings.training, 0);
}

TEST(Rounds, OnALossThatIsNotFiniteEndAsOneDoes) {
  Rounds run;
  run.engine.bad_round = 2;
  run.engine.bad_step = 5;
  run.engine.wrong_by = std::numeric_limits<float>::quiet_NaN();
  try {
    run.train({.least = 2});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::wrong_numbers);
    EXPECT_THAT(error.what(), HasSubstr("training loss at step 5 is nan"));
  }
}

}  // namespace
}  // namespace mnist
