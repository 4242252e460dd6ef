#include "every_gpu/gpu_run.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include "report/json.hpp"

namespace mnist {
namespace {

std::string passed_result() {
  RunResult result;
  result.verdict = {ExitCode::passed, "passed", "with", ""};
  result.final_accuracy = 0.5;
  result.parameters_sha256 = "ab";
  return to_json(result);
}
std::string failed_result() {
  RunResult result;
  result.verdict = {ExitCode::wrong_numbers, "c", "e", "r"};
  return to_json(result);
}
const std::string passed = passed_result();
const std::string failed = failed_result();

struct Case {
  std::string json;
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
  const auto changed = [](const std::string& from, const std::string& to) {
    return std::string(passed).replace(passed.find(from), from.size(), to);
  };
  const std::string garbage[] = {"",
                                 "null",
                                 "[]",
                                 "7",
                                 "{}",
                                 "\xff\xfe",
                                 passed + " and more",
                                 passed.substr(0, passed.size() - 3),
                                 changed("\"code\": 0", "\"code\": \"0\""),
                                 changed("\"code\": 0", "\"code\": 99"),
                                 changed("\"cause\": \"passed\"", "\"cause\": 0"),
                                 changed("\"devices\": []", "\"devices\": [1]"),
                                 changed("\"devices\": []", "\"device\": []"),
                                 changed("\"final_accuracy\": 0.5", "\"final_accuracy\": \"x\"")};
  for (const std::string& json : garbage) {
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
