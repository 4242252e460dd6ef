#include "every_gpu/gpu_run.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace mnist {
namespace {

constexpr char passed[] =
    R"({"verdict": {"code": 0, "cause": "passed", "evidence": "with", "remedy": null},
  "final_accuracy": 0.5, "parameters_sha256": "ab", "devices": []})";
constexpr char failed[] = R"({"verdict": {"code": 30, "cause": "c", "evidence": "e", "remedy": "r"},
  "final_accuracy": null, "parameters_sha256": null, "devices": []})";

struct Case {
  const char* json;
  ChildEnd end;
  ExitCode code;
  const char* evidence;
};

const ChildEnd well{0, std::nullopt};
const ChildEnd crashed{std::nullopt, SIGABRT};
const ChildEnd unseen{};

const Case cases[] = {
    {passed, well, ExitCode::passed, "with"},
    {failed, {30, {}}, ExitCode::wrong_numbers, "e"},
    {failed, well, ExitCode::wrong_numbers, "e"},
    {failed, crashed, ExitCode::wrong_numbers, "e"},
    {passed, crashed, ExitCode::failed, "its process was ended by signal 6 (Aborted)"},
    {passed,
     {1, {}},
     ExitCode::failed,
     "its process ended with 1 and no result that can be read: last"},
    {passed, unseen, ExitCode::failed, "nobody can tell how its process ended"},
    {"",
     {41, {}},
     ExitCode::data_damaged,
     "its process ended with 41 and no result that can be read: last"},
    {"",
     {99, {}},
     ExitCode::failed,
     "its process ended with 99 and no result that can be read: last"},
    {"",
     {127, {}},
     ExitCode::failed,
     "its process ended with 127 and no result that can be read: last"},
};

TEST(GpuRun, FollowsFromTheEndAndTheResult) {
  for (const Case& row : cases) {
    const GpuRun run = gpu_run({}, row.end, row.json, "last");
    EXPECT_EQ(run.verdict.code, row.code) << row.json;
    EXPECT_EQ(run.verdict.evidence, row.evidence);
    EXPECT_EQ(run.verdict.remedy.empty(), row.code == ExitCode::passed);
  }
}

TEST(GpuRun, NeverPassesOnAResultThatCannotBeRead) {
  const char* const garbage[] = {
      "",
      "null",
      "[]",
      "7",
      "{}",
      R"({"verdict": 7, "devices": []})",
      R"({"verdict": {}, "devices": []})",
      R"({"verdict": {"code": "0", "cause": "passed"}, "devices": []})",
      R"({"verdict": {"code": 99, "cause": "passed"}, "devices": []})",
      R"({"verdict": {"code": 0, "cause": 0}, "devices": []})",
      R"({"verdict": {"code": 0, "cause": "passed"}})",
      R"({"verdict": {"code": 0, "cause": "passed"}, "devices": [1]})",
      R"({"verdict": {"code": 0, "cause": "passed"}, "devices": [], "final_accuracy": "x"})",
      R"({"verdict": {"code": 0, "cause": "passed"}, "devices": [])",
      R"({"verdict": {"code": 0, "cause": "passed"}, "devices": []} and more)",
      "\xff\xfe",
  };
  for (const char* json : garbage) {
    const GpuRun run = gpu_run({}, well, json, "");
    EXPECT_EQ(run.verdict.code, ExitCode::failed) << json;
    EXPECT_EQ(run.json, "") << json;
  }
}

TEST(GpuRun, TellsWhatTheResultDoes) {
  const GpuRun run = gpu_run({}, well, passed, "");
  EXPECT_EQ(run.final_accuracy, 0.5);
  EXPECT_EQ(run.parameters_sha256, "ab");
  EXPECT_EQ(run.json, passed);
  EXPECT_FALSE(gpu_run({}, well, failed, "").parameters_sha256);
}

}  // namespace
}  // namespace mnist
