#include "checks/right_numbers.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "checks/number_cases.hpp"
#include "checks/probe_difference.hpp"
#include "cpu/cpu_engine.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* models[] = {"lenet", "mlp"};
constexpr Precision precisions[] = {Precision::fp32, Precision::tf32};

MakeEngine cpu(int threads) {
  return [threads](const EngineConfig& config) { return make_cpu_engine(config, threads); };
}

std::vector<Outcome> outcomes(const std::vector<Check>& checks) {
  std::vector<Outcome> all;
  for (const Check& check : checks) all.push_back(check.outcome);
  return all;
}

const std::vector<Outcome> all_passed(3, Outcome::passed);

// What a probe consists of: the loss, the logits, each layer's output, the gradients.
std::vector<std::span<float>> parts(Probe& probe) {
  std::vector<std::span<float>> all{{&probe.loss, 1}, probe.logits, probe.gradients};
  for (std::vector<float>& output : probe.outputs) all.push_back(output);
  return all;
}

float flipped(float value, int bit) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ (1u << bit));
}

// The sign, each bit of the exponent and the top bit of the fraction; of whole numbers every bit.
int lowest_bit_seen(const NumberCase& of) { return of.tolerance == 0 ? 0 : 22; }

// Stands between check_numbers() and an engine: what is asked for and what comes back can be
// changed, the probes counted over all trials.
struct Tampering {
  std::function<void(EngineConfig&)> config = [](EngineConfig&) {};
  std::function<void(const NetworkPlan&, TrainingState&)> state = [](auto&, auto&) {};
  std::function<void(const NetworkPlan&, Probe&, std::size_t count)> probe = [](auto&, auto&,
                                                                                auto) {};
};

class TamperedEngine : public Engine {
 public:
  TamperedEngine(std::unique_ptr<Engine> engine, NetworkPlan network, const Tampering& tampering,
                 std::size_t& count)
      : engine_(std::move(engine)),
        network_(std::move(network)),
        tampering_(tampering),
        count_(count) {}
  Description describe() const override { return engine_->describe(); }
  void load(const Dataset& training, const Dataset& test) override {
    engine_->load(training, test);
  }
  std::vector<StepResult> train(std::span<const std::uint32_t>, std::span<const float>) override {
    return {};
  }
  TimedStep train_timed(std::span<const std::uint32_t>, float) override { return {}; }
  Score evaluate() override { return {}; }
  std::vector<float> infer(std::span<const std::uint8_t>) override { return {}; }
  void outputs(std::span<const std::uint8_t>, std::vector<std::vector<float>>&) override {}
  std::vector<float> parameters() const override { return state().parameters; }
  Probe probe(std::span<const std::uint32_t> batch) override {
    Probe probe = engine_->probe(batch);
    tampering_.probe(network_, probe, count_++);
    return probe;
  }
  TrainingState state() const override { return engine_->state(); }
  void restore(const TrainingState& state) override {
    TrainingState changed = state;
    tampering_.state(network_, changed);
    engine_->restore(changed);
  }

 private:
  std::unique_ptr<Engine> engine_;
  NetworkPlan network_;
  const Tampering& tampering_;
  std::size_t& count_;
};

std::vector<Check> check_tampered(const Tampering& tampering, const std::string& model,
                                  Precision precision = Precision::fp32,
                                  const MakeEngine& make_engine = cpu(1)) {
  std::size_t count = 0;
  return check_numbers(
      [&](EngineConfig config) {
        tampering.config(config);
        return std::make_unique<TamperedEngine>(make_engine(config), config.network, tampering,
                                                count);
      },
      make_engine, model, precision);
}

TEST(RightNumbers, AreThoseOfTheCpuEngineWithAnyThreads) {
  for (const char* model : models)
    for (const Precision precision : precisions)
      for (const int threads : {1, 2, 3, 8}) {
        SCOPED_TRACE(std::string(model) + ", " + std::to_string(threads));
        for (const auto& [engine, reference] :
             {std::pair{cpu(threads), cpu(1)}, std::pair{cpu(2), cpu(threads)}}) {
          const std::vector<Check> checks = check_numbers(engine, reference, model, precision);
          ASSERT_EQ(outcomes(checks), all_passed)
              << checks[0].found << checks[1].found << checks[2].found;
          EXPECT_EQ(checks[0].name, "products");
          EXPECT_EQ(checks[1].name, "convolutions");
          EXPECT_EQ(checks[2].name, "training step");
          for (const Check& check : checks) {
            EXPECT_EQ(check.group, "numbers");
            EXPECT_EQ(check.code, ExitCode::passed);
            EXPECT_EQ(check.remedy, "");
            EXPECT_GT(check.seconds, 0);
          }
          EXPECT_EQ(checks[0].found,
                    std::string("12619 whole numbers agree exactly, 12619 numbers of many sizes "
                                "agree within ") +
                        (precision == Precision::fp32 ? "0.1 %" : "3 %"));
        }
      }
}

// Every value of every case, of either model, in either precision. The one flip that is not seen is
// the sign of 0, which is the same number.
TEST(RightNumbers, TellEveryFlippedBitOfEveryValue) {
  for (const char* model : models)
    for (const Precision precision : precisions)
      for (const NumberTrial& trial : number_trials(model, precision)) {
        const auto engine = make_cpu_engine(trial.config, 1);
        engine->load(trial.images, trial.images);
        for (const NumberCase& each : trial.cases) {
          engine->restore(each.state);
          Probe probe = engine->probe(each.batch);
          std::size_t flips = 0;
          std::size_t unseen = 0;
          for (const std::span<float> part : parts(probe))
            for (const float value : part) {
              ASSERT_TRUE(agrees(value, value, each.tolerance));
              for (int bit = lowest_bit_seen(each); bit < 32; ++bit) {
                if (value == 0 && bit == 31) continue;
                ++flips;
                unseen += agrees(flipped(value, bit), value, each.tolerance);
              }
            }
          EXPECT_GE(flips, 9 * value_count(probe));
          EXPECT_EQ(unseen, 0u) << model << ": " << trial.name << ", " << each.name;
        }
      }
}

// For some values of each part: the first, one in the middle and the last.
TEST(RightNumbers, TellAFlippedBitAmongAllValues) {
  const auto trials = number_trials("lenet", Precision::fp32);
  std::map<std::string, std::vector<Probe>> probes;  // so that each is computed once
  for (const NumberTrial& trial : trials) {
    const auto engine = make_cpu_engine(trial.config, 1);
    engine->load(trial.images, trial.images);
    for (const NumberCase& each : trial.cases) {
      engine->restore(each.state);
      probes[trial.name].push_back(engine->probe(each.batch));
    }
  }
  for (const NumberTrial& trial : trials)
    for (std::size_t i = 0; i < trial.cases.size(); ++i) {
      const Probe& right = probes[trial.name][i];
      Probe wrong = right;
      const std::vector<std::span<float>> all = parts(wrong);
      for (const std::span<float> part : all)
        for (const std::size_t place : {std::size_t{0}, part.size() / 2, part.size() - 1})
          for (const int bit : {lowest_bit_seen(trial.cases[i]), 22, 23, 28, 30, 31}) {
            float& value = part[place];
            if (value == 0 && bit == 31) continue;
            const float before = value;
            value = flipped(value, bit);
            const auto found =
                difference(wrong, right, trial.config.network, trial.cases[i].tolerance);
            value = before;
            ASSERT_TRUE(found);
            EXPECT_THAT(*found, HasSubstr(" 1 of " + std::to_string(value_count(right)) +
                                          " values is off"));
          }
    }
}

// Probe `count` with one value made another.
Tampering with(std::size_t count, const std::function<void(Probe&)>& change) {
  Tampering tampering;
  tampering.probe = [=](const NetworkPlan&, Probe& probe, std::size_t probe_count) {
    if (probe_count == count) change(probe);
  };
  return tampering;
}

// The probes in their order: products whole, products of many sizes, convolutions likewise, step.
TEST(RightNumbers, SayWhichValueIsWrongAndByHowMuch) {
  struct Wrong {
    std::size_t probe;
    std::size_t check;
    std::function<void(Probe&)> change;
    std::string found;
  };
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const Wrong table[] = {
      {0, 0, [](Probe& p) { p.logits[3 + 2 * 10] = 5; }, "logit 3 of image 2 is 5, and should be "},
      {1, 0, [](Probe& p) { p.loss = 0; }, "loss is 0, and should be 2.44"},
      {0, 0, [](Probe& p) { p.loss += 1.0f / 64; },
       "loss is 139248.02, and should be 139248; 1 of 12619 values is off (whole numbers, which "
       "are to agree exactly)"},
      {2, 1, [](Probe& p) { p.outputs[0][8 * 144 + 145] += 1; },
       "output 145 of layer 1 (conv2d) of image 1 is "},
      {3, 1, [](Probe& p) { p.outputs[3][0] *= 1.002f; },
       "output 0 of layer 4 (conv2d) of image 0"},
      {3, 1, [](Probe& p) { p.gradients[71] *= -1; },
       "gradient 71 of the weights of layer 1 (conv2d) is -"},
      {3, 1, [](Probe& p) { p.gradients[72] *= 1.002f; },
       "gradient 0 of the biases of layer 1 (conv2d) is "},
      {4, 2, [](Probe& p) { p.gradients.back() = nan; },
       "gradient 9 of the biases of layer 9 (linear) is nan, and should be "},
      {4, 2, [](Probe& p) { p.gradients.front() = infinity; },
       "gradient 0 of the weights of layer 1 (conv2d) is inf, and should be "},
      {4, 2, [](Probe& p) { p.logits[1] = -infinity; },
       "1 of 285163 values is off (numbers of many sizes, which are to agree within 0.1 %)"},
      {4, 2,
       [](Probe& p) {
         for (float& g : p.gradients) g *= 2;
       },
       " values are off"},
      // What is missing.
      {0, 0, [](Probe& p) { p.logits.pop_back(); }, "79 logits came back, and not 80"},
      {1, 0, [](Probe& p) { p.outputs.clear(); }, "0 layers' outputs came back, and not 3"},
      {2, 1, [](Probe& p) { p.outputs[1].push_back(0); }, "outputs of layer 2 came back, and not"},
      {4, 2, [](Probe& p) { p.gradients.clear(); }, "0 gradients came back, and not"},
  };
  for (const Wrong& wrong : table) {
    SCOPED_TRACE(wrong.found);
    const std::vector<Check> checks = check_tampered(with(wrong.probe, wrong.change), "lenet");
    ASSERT_EQ(checks.size(), 3u);
    for (std::size_t i = 0; i < checks.size(); ++i)
      EXPECT_EQ(checks[i].outcome, i == wrong.check ? Outcome::failed : Outcome::passed);
    const Check& failed = checks[wrong.check];
    EXPECT_EQ(failed.code, ExitCode::wrong_numbers);
    EXPECT_THAT(failed.found, HasSubstr(wrong.found));
    EXPECT_EQ(failed.remedy, faulty_device_remedy);
  }
}

// An expected number that is not finite is a fault of the reference, and no pass.
TEST(RightNumbers, AreFinite) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()})
    for (const double tolerance : {0.0, fp32_tolerance, tf32_tolerance}) {
      EXPECT_FALSE(agrees(bad, bad, tolerance));
      EXPECT_FALSE(agrees(1, bad, tolerance));
      EXPECT_FALSE(agrees(bad, 1, tolerance));
    }
  EXPECT_TRUE(agrees(-0.0f, 0.0f, 0));
  EXPECT_FALSE(agrees(std::numeric_limits<float>::denorm_min(), 0, tf32_tolerance));
}

// Formulas that are nearly right, each in every layer that has parameters.
TEST(RightNumbers, TellAWrongFormula) {
  struct Mutation {
    const char* name;
    Tampering tampering;
  };
  std::vector<Mutation> mutations;
  const auto add = [&](const char* name) -> Tampering& {
    return mutations.emplace_back(Mutation{name, {}}).tampering;
  };
  const auto each_layer = [](const NetworkPlan& network, const auto& visit) {
    for (const PlannedLayer& layer : network.layers)
      if (layer.weights.size > 0) visit(layer);
  };
  add("no biases").state = [&](const NetworkPlan& network, TrainingState& state) {
    each_layer(network, [&](const PlannedLayer& layer) {
      std::fill_n(state.parameters.begin() + static_cast<std::ptrdiff_t>(layer.bias.offset),
                  layer.bias.size, 0.0f);
    });
  };
  add("one weight forgotten").state = [&](const NetworkPlan& network, TrainingState& state) {
    each_layer(network, [&](const PlannedLayer& layer) {
      const auto weight =
          state.parameters.begin() + static_cast<std::ptrdiff_t>(layer.weights.offset);
      *std::find_if(weight, state.parameters.end(), [](float value) { return value != 0; }) = 0;
    });
  };
  add("gradients of 1.01").probe = [](const NetworkPlan&, Probe& probe, std::size_t) {
    for (float& gradient : probe.gradients) gradient *= 1.01f;
  };
  add("gradients summed, not averaged").probe = [](const NetworkPlan&, Probe& probe, std::size_t) {
    for (float& gradient : probe.gradients) gradient *= 8;
  };
  add("bias gradients of the layer before").probe = [&](const NetworkPlan& network, Probe& probe,
                                                        std::size_t) {
    each_layer(network, [&](const PlannedLayer& layer) {
      std::rotate(probe.gradients.begin() + static_cast<std::ptrdiff_t>(layer.bias.offset),
                  probe.gradients.begin() + static_cast<std::ptrdiff_t>(layer.bias.offset + 1),
                  probe.gradients.begin() +
                      static_cast<std::ptrdiff_t>(layer.bias.offset + layer.bias.size));
    });
  };
  for (const Mutation& mutation : mutations)
    for (const char* model : models) {
      SCOPED_TRACE(std::string(mutation.name) + ", " + model);
      EXPECT_EQ(outcomes(check_tampered(mutation.tampering, model)),
                std::vector<Outcome>(3, Outcome::failed));
      // 1 % is less than TF32's tolerance, but not than that of whole numbers.
      const auto tf32 = outcomes(check_tampered(mutation.tampering, model, Precision::tf32));
      EXPECT_EQ(tf32[0], Outcome::failed);
      EXPECT_EQ(tf32[1], Outcome::failed);
    }
}

TEST(RightNumbers, TellOtherDropoutMasks) {
  Tampering tampering;
  tampering.config = [](EngineConfig& config) { ++config.seed; };
  EXPECT_EQ(outcomes(check_tampered(tampering, "mlp", Precision::tf32)),
            (std::vector{Outcome::passed, Outcome::passed, Outcome::failed}));
}

TEST(RightNumbers, LetThroughWhatAnEngineThrows) {
  const Tampering tampering = with(3, [](Probe&) {
    throw Error(ExitCode::hardware_fault, "an uncorrectable error", "look at the GPU");
  });
  EXPECT_THROW(check_tampered(tampering, "lenet"), Error);
  EXPECT_THROW(check_numbers(
                   cpu(1),
                   [](const EngineConfig&) -> std::unique_ptr<Engine> {
                     throw Error(ExitCode::out_of_device_memory, "none left", "");
                   },
                   "mlp", Precision::fp32),
               Error);
}

}  // namespace
}  // namespace mnist
