#include "trace/trace.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "cpu/cpu_engine.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using testing::ElementsAre;

// Of events whose name, row and further arguments are of interest.
std::string label(const Json& event) {
  std::string text =
      std::to_string(event["tid"].get<int>()) + " " + event["name"].get<std::string>();
  if (event.contains("args")) text += " " + event["args"].dump();
  return text;
}

// The sum of two numbers of microseconds may differ from a third in its last bit.
long long nanoseconds(const Json& slice, const char* what) {
  return std::llround(1e3 * slice[what].get<double>());
}

long long end_of(const Json& slice) { return nanoseconds(slice, "ts") + nanoseconds(slice, "dur"); }

class TraceTest : public testing::Test {
 protected:
  TraceTest() : trace_((folder_.path() / "trace.json").string()) {
    result_.version = "1.2.3";
    DeviceFacts& device = result_.devices.emplace_back();
    device.engine = "cuda";
    device.name = "a \"GPU\" \xff";
  }

  void call(EngineCall::Verb verb, std::uint64_t step, std::size_t steps, double seconds = 0) {
    trace_.called({verb, step, steps, seconds});
  }

  Json written() {
    trace_.write(result_);
    return Json::parse(read_whole(folder_.path() / "trace.json"));
  }
  std::vector<Json> slices() {
    std::vector<Json> found;
    const Json trace = written();
    for (const Json& event : trace["traceEvents"])
      if (event["ph"] == "X") found.push_back(event);
    return found;
  }

  TemporaryFolder folder_;
  Trace trace_;
  RunResult result_;
  // Which engine it is does not matter; one is handed on.
  const std::unique_ptr<Engine> engine_ = make_cpu_engine(
      {plan({.name = "tiny", .input = {1, 1, 1}, .layers = {Linear{.units = 10}}})}, 1);
};

TEST_F(TraceTest, NamesItsRowsAndTheProgram) {
  trace_.entered("training");
  const Json trace = written();
  EXPECT_EQ(trace["otherData"]["program"], "mnist-demo 1.2.3");
  EXPECT_EQ(trace["otherData"]["calls and parts left out"], "0");
  std::vector<std::string> names;
  for (const Json& event : trace["traceEvents"])
    if (event["ph"] == "M") names.push_back(label(event));
  EXPECT_THAT(names, ElementsAre(R"(1 process_name {"name":"mnist-demo"})",
                                 R"(1 thread_name {"name":"phases"})",
                                 R"(2 thread_name {"name":"calls of the engine"})",
                                 "3 thread_name {\"name\":\"a \\\"GPU\\\" \ufffd\"}"));
}

TEST_F(TraceTest, HasAPhaseUntilTheNext) {
  trace_.entered("getting the data");
  std::this_thread::sleep_for(milliseconds(20));
  trace_.entered("training");
  std::this_thread::sleep_for(milliseconds(5));
  const std::vector<Json> phases = slices();
  ASSERT_EQ(phases.size(), 2u);
  EXPECT_EQ(label(phases[0]), "1 getting the data");
  EXPECT_EQ(label(phases[1]), "1 training");
  EXPECT_GE(phases[0]["dur"], 20e3) << "in microseconds";
  EXPECT_LT(phases[0]["dur"], 20e6);
  EXPECT_EQ(nanoseconds(phases[1], "ts"), end_of(phases[0]));
  EXPECT_GE(phases[1]["dur"], 5e3) << "the last ends with the run";
}

TEST_F(TraceTest, HasEachCallWhereItWas) {
  std::this_thread::sleep_for(milliseconds(30));
  call(EngineCall::Verb::evaluate, 0, 0, 0.02);
  call(EngineCall::Verb::train, 0, 10);
  call(EngineCall::Verb::train_timed, 10, 1);
  const std::vector<Json> calls = slices();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(label(calls[0]), R"(2 evaluation {"step":0})");
  EXPECT_EQ(label(calls[1]), R"(2 steps {"step":0,"steps":10})");
  EXPECT_EQ(label(calls[2]), R"(2 timed step {"step":10,"steps":1})");
  EXPECT_GE(calls[0]["ts"], 10e3) << "it ended now, and began as long before as it took";
  EXPECT_NEAR(calls[0]["dur"], 20e3, 0.01);
  EXPECT_LE(end_of(calls[0]), nanoseconds(calls[1], "ts"));
}

// The thirds of a second are no whole numbers of nanoseconds.
TEST_F(TraceTest, PlacesThePartsOfATimedStepAtTheEndOfItsCallWithoutGaps) {
  std::this_thread::sleep_for(milliseconds(20));
  call(EngineCall::Verb::train_timed, 99, 1, 0.015);
  std::this_thread::sleep_for(milliseconds(5));
  constexpr double part = 0.01 / 3;
  trace_.timed(99,
               {{}, {{"gather", 0, part}, {"linear_1", part, part}, {"update", 2 * part, part}}},
               *engine_);
  const std::vector<Json> found = slices();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(label(found[1]), R"(3 gather {"step":99})");
  EXPECT_EQ(label(found[2]), R"(3 linear_1 {"step":99})");
  EXPECT_EQ(label(found[3]), R"(3 update {"step":99})");
  EXPECT_EQ(end_of(found[1]), nanoseconds(found[2], "ts"));
  EXPECT_EQ(end_of(found[2]), nanoseconds(found[3], "ts"));
  EXPECT_EQ(end_of(found[3]), end_of(found[0]));
  EXPECT_NEAR(found[1]["dur"], 1e6 * part, 0.01);
}

TEST_F(TraceTest, IsBounded) {
  for (std::size_t i = 0; i < Trace::most_slices + 7; ++i) call(EngineCall::Verb::train, i, 1);
  trace_.entered("judging");
  const Json trace = written();
  EXPECT_EQ(trace["otherData"]["calls and parts left out"], "7");
  EXPECT_EQ(trace["traceEvents"].size(), Trace::most_slices + 1 + 4) << "phases are all there";
}

TEST_F(TraceTest, OfARunThatGotNowhereIsATraceToo) {
  result_.devices = {};
  EXPECT_EQ(written()["traceEvents"].size(), 3u);
}

TEST_F(TraceTest, ThatCannotBeWrittenIsAnError) {
  Trace nowhere(folder_.path() / "no" / "trace.json");
  EXPECT_THROW(nowhere.write(result_), Error);
}

}  // namespace
}  // namespace mnist
