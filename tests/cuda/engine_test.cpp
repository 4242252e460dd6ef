// What the CUDA engine does that no other engine has: recording, waiting, GPUs by number.
#include <gmock/gmock.h>

#include <array>
#include <future>
#include <map>

#include "base/error.hpp"
#include "cuda/engine.hpp"
#include "cuda/machine.hpp"
#include "engine/case_setup.hpp"
#include "engine/closeness.hpp"

namespace mnist::cuda {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LayerCase case_named(std::string_view name) {
  for (const LayerCase& layer_case : layer_cases())
    if (layer_case.network.name == name) return layer_case;
  throw std::logic_error("no such row");
}

const std::vector<float> five_rates{0.001f, 0.002f, 0.001f, 0.0005f, 0.001f};

std::unique_ptr<Engine> engine_on(int gpu, const CaseSetup& setup) {
  std::unique_ptr<Engine> engine = make_engine(setup.config, gpu, stand_in_libraries());
  engine->load(setup.training, setup.training);
  engine->restore(setup.state);
  return engine;
}

void refuse_to_capture() {
  FailedStatus status;
  status.runtime = cudaErrorStreamCaptureUnsupported;
  machine().calls.fail_function("cudaStreamBeginCapture", status);
}

int layer_count(const CaseSetup& setup) {
  return static_cast<int>(setup.config.network.layers.size());
}

class Recorded : public testing::TestWithParam<LayerCase> {};
INSTANTIATE_TEST_SUITE_P(Each, Recorded, testing::ValuesIn(layer_cases()), LayerCaseName());

TEST_P(Recorded, StepsGiveTheBitsOfUnrecordedOnes) {
  const CaseSetup setup(GetParam());
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  const std::unique_ptr<Engine> recorded = setup.engine();
  refuse_to_capture();
  const std::unique_ptr<Engine> unrecorded = setup.engine();
  EXPECT_THAT(recorded->describe().recording, Not(HasSubstr("not recorded")));
  EXPECT_THAT(unrecorded->describe().recording,
              HasSubstr("step not recorded (beginning to record failed: "
                        "cudaErrorStreamCaptureUnsupported"));
  EXPECT_THAT(unrecorded->describe().recorded, IsEmpty());
  EXPECT_EQ(recorded->train(order, five_rates), unrecorded->train(order, five_rates));
  EXPECT_EQ(recorded->state(), unrecorded->state());
  EXPECT_EQ(recorded->evaluate().loss, unrecorded->evaluate().loss);
}

// Of a verb.
template <class Verb>
std::vector<std::string> calls_of(const Verb& verb) {
  const std::size_t before = machine().calls.log().size();
  verb();
  const std::vector<std::string>& log = machine().calls.log();
  return {log.begin() + static_cast<std::ptrdiff_t>(before), log.end()};
}

TEST_P(Recorded, StepsAreQueuedOneAfterTheOtherWithoutWaiting) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> engine = setup.engine();
  const std::vector<std::string> calls =
      calls_of([&] { engine->train(setup.order(five_rates.size()), five_rates); });
  const auto first = std::ranges::find(calls, "cudaGraphLaunch");
  ASSERT_GE(calls.end() - first, 5);
  EXPECT_THAT(std::vector(first, first + 5), Each("cudaGraphLaunch"));
  EXPECT_EQ(std::ranges::count(calls, "cudaStreamSynchronize"), 1);
  EXPECT_EQ(std::ranges::count(calls, "cudaGraphLaunch"), 5);
  EXPECT_EQ(calls.back(), "cudaStreamSynchronize");
  for (const char* never : {"cudaMalloc", "cudaFree", "cudaMallocHost", "launch"})
    EXPECT_THAT(calls, Not(Contains(never)));
}

// By the GPU's clock, on which here a kernel takes its bytes' milliseconds; recorded or not.
TEST_P(Recorded, TimedStepsTellWhatEachPartTook) {
  const CaseSetup setup(GetParam());
  const std::unique_ptr<Engine> recorded = setup.engine();
  EXPECT_THAT(recorded->describe().recording, Not(HasSubstr("timed")));
  recorded->train_timed(setup.batch, 0.01f);
  EXPECT_THAT(recorded->describe().recording,
              testing::ContainsRegex(", timed step recorded as a graph of [0-9]+ nodes"));
  EXPECT_THAT(recorded->describe().recorded,
              Contains("timed step: event record")
                  .Times(2 * static_cast<std::size_t>(layer_count(setup)) + 4));

  const std::unique_ptr<Engine> unrecorded = setup.engine();
  refuse_to_capture();
  unrecorded->train_timed(setup.batch, 0.01f);
  EXPECT_THAT(unrecorded->describe().recording, HasSubstr("timed step not recorded ("));
  EXPECT_EQ(recorded->state(), unrecorded->state());

  double all = 0;
  std::map<std::string, double> of_kernel{{"GatherImages", 0}, {"SoftmaxLoss", 0}, {"Adam", 0}};
  machine().streams.milliseconds_of = [&](const Work& work) {
    if (work.type != cudaGraphNodeTypeKernel) return 1e6;
    double bytes = 0;
    for (const Operand& operand : work.operands) bytes += static_cast<double>(operand.bytes);
    for (auto& [name, of_it] : of_kernel)
      if (work.name.find(name) != std::string::npos) of_it += bytes;
    all += bytes;
    return bytes;
  };
  for (const auto* engine : {&recorded, &unrecorded}) {
    all = 0;
    for (auto& [name, of_it] : of_kernel) of_it = 0;
    std::map<std::string, double> of_part;
    double end = 0;
    for (const TimedPart& part : (*engine)->train_timed(setup.batch, 0.01f).parts) {
      of_part[part.name] = 1e3 * part.seconds;
      end = 1e3 * (part.start_seconds + part.seconds);
    }
    const double float_rounding = 1e-6 * all;
    EXPECT_NEAR(end, all, float_rounding) << "no copy before or after the step is counted";
    EXPECT_NEAR(of_part["gather"], of_kernel["GatherImages"], float_rounding);
    EXPECT_NEAR(of_part["loss"], of_kernel["SoftmaxLoss"], float_rounding);
    EXPECT_NEAR(of_part["update"], of_kernel["Adam"], float_rounding);
    EXPECT_GT(of_part["update"], 1);
  }
}

TEST(Recording, ListsItsNodes) {
  const CaseSetup setup(case_named("lenet_dropout"));
  const Description description = setup.engine()->describe();
  EXPECT_THAT(description.recording, testing::MatchesRegex("step recorded as a graph of [0-9]+ "
                                                           "nodes, evaluation recorded as a graph "
                                                           "of [0-9]+ nodes"));
  EXPECT_THAT(description.recorded, Contains(HasSubstr("step: kernel")).Times(testing::Gt(10)));
  EXPECT_THAT(description.recorded, Not(Contains(HasSubstr("memory"))));
  if (CUDART_VERSION < 12050) GTEST_SKIP() << "this CUDA has no way to ask for names";
  EXPECT_THAT(description.recorded, Contains("step: kernel mnist::cuda::AdamUpdate"));
  EXPECT_THAT(description.recorded, Contains("evaluation: kernel mnist::cuda::SoftmaxLoss"));
  EXPECT_THAT(description.recorded, Not(Contains("evaluation: kernel mnist::cuda::AdamUpdate")));
}

// Evaluation in more than one piece, the last one not whole.
TEST(Recording, IsReplayedForEachPieceOfATestSet) {
  const CaseSetup setup(case_named("conv2d"));
  const Dataset test = patterned_images(setup.config.network.input, 2003, 8);
  const std::unique_ptr<Engine> engine = setup.engine(test);
  Score found;
  const std::vector<std::string> calls = calls_of([&] { found = engine->evaluate(); });
  EXPECT_EQ(std::ranges::count(calls, "cudaGraphLaunch"), 3);
  EXPECT_EQ(std::ranges::count(calls, "cudaStreamSynchronize"), 1);
  std::vector<std::uint32_t> all(test.size());
  std::iota(all.begin(), all.end(), 0u);
  const ReferencePass expected =
      setup.reference.forward(setup.parameters(), test, all, std::nullopt);
  EXPECT_NEAR(found.loss, expected.loss, rounding * expected.loss);
  EXPECT_EQ(found.correct, expected.correct);
  EXPECT_TRUE(close_to(engine->infer(test.pixels), expected.outputs.back()));
  std::vector<std::vector<float>> outputs;
  engine->outputs(test.pixels, outputs);
  EXPECT_TRUE(close_to(outputs.at(0), expected.outputs.at(0)));
}

// Another data set, with other addresses: what was recorded for the first must not be replayed.
TEST(Recording, IsMadeAnewForOtherData) {
  CaseSetup setup(case_named("lenet"));
  const std::unique_ptr<Engine> engine = setup.engine(patterned_images({1, 16, 16}, 1500, 3));
  const Dataset other = patterned_images({1, 16, 16}, 40, 77);
  engine->train_timed(setup.batch, 0.01f);
  engine->load(other, other);
  engine->restore(setup.state);
  setup.training = other;
  EXPECT_EQ(engine->train(setup.order(5), five_rates),
            setup.engine()->train(setup.order(5), five_rates));
  EXPECT_EQ(engine->evaluate().count, 40u);
  engine->restore(setup.state);
  EXPECT_EQ(engine->train_timed(setup.batch, 0.01f).result,
            setup.engine()->train_timed(setup.batch, 0.01f).result);
}

TEST(Gpus, ArePickedByNumberWhateverIsCurrent) {
  const CaseSetup setup(case_named("lenet_dropout"));
  const std::vector<std::uint32_t> order = setup.order(five_rates.size());
  const std::unique_ptr<Engine> first = engine_on(0, setup);
  const std::unique_ptr<Engine> second = engine_on(1, setup);
  EXPECT_GT(machine().memory.bytes_in_use(0), 0u);
  EXPECT_EQ(machine().memory.bytes_in_use(0), machine().memory.bytes_in_use(1));
  // The verbs of both in turn: each finds the other's GPU current.
  EXPECT_EQ(first->train(order, five_rates), second->train(order, five_rates));
  EXPECT_EQ(first->evaluate().loss, second->evaluate().loss);
  EXPECT_EQ(first->infer(setup.training.pixels), second->infer(setup.training.pixels));
  std::vector<std::vector<float>> first_outputs;
  std::vector<std::vector<float>> second_outputs;
  first->outputs(setup.training.pixels, first_outputs);
  second->outputs(setup.training.pixels, second_outputs);
  EXPECT_EQ(first_outputs, second_outputs);
  EXPECT_EQ(first->parameters(), second->parameters());
  EXPECT_EQ(first->probe(setup.batch).gradients, second->probe(setup.batch).gradients);
  EXPECT_EQ(first->state(), second->state());
  first->restore(setup.state);
  second->restore(setup.state);
  first->load(setup.training, setup.training);
  second->load(setup.training, setup.training);
}

// Which GPU is current is a matter of the thread.
TEST(Gpus, AreFoundByEveryThread) {
  const CaseSetup setup(case_named("conv2d"));
  const std::unique_ptr<Engine> engine = engine_on(1, setup);
  const std::vector<StepResult> results = std::async(std::launch::async, [&] {
                                            return engine->train(setup.order(5), five_rates);
                                          }).get();
  EXPECT_EQ(results, engine_on(0, setup)->train(setup.order(5), five_rates));
}

TEST(Precision, OfFp32IsNeverLess) {
  // The machine refuses less in every other test; here is that it does.
  for (const char* name : {"linear", "conv2d_as_head"}) {
    CaseSetup setup(case_named(name));
    setup.config.precision = Precision::tf32;
    EXPECT_THROW(setup.engine(), Error) << name;
    EXPECT_THAT(machine().refusals, Each(HasSubstr("less than FP32")));
    EXPECT_THAT(machine().refusals, Not(IsEmpty()));
    machine().refusals.clear();
  }
}

TEST(Precision, OfTf32IsLessInConvolutionsAndDenseLayers) {
  for (const char* name : {"linear_wide", "conv2d_as_head", "lenet"}) {
    CaseSetup setup(case_named(name));
    const std::vector<float> exact = setup.engine()->probe(setup.batch).gradients;
    machine().precision = setup.config.precision = Precision::tf32;
    const std::vector<float> rounded = setup.engine()->probe(setup.batch).gradients;
    machine().precision = Precision::fp32;
    EXPECT_NE(exact, rounded) << name;
    // 10 bits of fraction round by 2^-11 at most, in each factor of some products in a row.
    EXPECT_TRUE(close_to(rounded, exact, 0.01)) << name;
  }
}

// cuDNN need not have the faster algorithm for every shape.
TEST(Convolutions, DoWithoutPrecomputedIndices) {
  const CaseSetup setup(case_named("lenet"));
  const std::vector<float> expected = setup.engine()->probe(setup.batch).gradients;
  machine().has_precomputed_gemm = false;
  EXPECT_EQ(setup.engine()->probe(setup.batch).gradients, expected);
  EXPECT_THAT(machine().refusals, Each(HasSubstr("this algorithm")));
  machine().refusals.clear();
}

// 32 MiB, as cuBLAS takes itself there.
TEST(Cublas, GetsALargerWorkspaceOnLargerGpus) {
  const CaseSetup setup(case_named("linear"));
  const auto bytes = [&] {
    const std::unique_ptr<Engine> engine = engine_on(0, setup);
    return machine().memory.bytes_in_use(0);
  };
  const std::size_t before = bytes();
  machine().compute_capability_major = 9;
  EXPECT_EQ(bytes() - before, std::size_t{28} << 20);
}

}  // namespace
}  // namespace mnist::cuda
