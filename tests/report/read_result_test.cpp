#include "report/read_result.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "report/json.hpp"
#include "report/sample_results.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;

TEST(ReadResult, HasWhatIsRenderedAgain) {
  const std::string json = to_json(full_result());
  const Json written = Json::parse(json);
  const Json again = Json::parse(to_json(read_result(json)));
  for (const char* field : {"verdict", "exit_code", "checks", "steps", "rounds", "final_accuracy",
                            "final_loss", "parameters_sha256", "images_per_second", "bandwidth"})
    EXPECT_EQ(Json::diff(written[field], again[field]), Json::array()) << field;
  for (const char* field : {"load_seconds", "samples", "under_load"})
    EXPECT_EQ(Json::diff(written["health"][field], again["health"][field]), Json::array()) << field;
  for (const char* field : {"name", "uuid", "total_memory_bytes", "driver_version"})
    EXPECT_EQ(written["devices"][0]["gpu"][field], again["devices"][0]["gpu"][field]) << field;
  EXPECT_EQ(written["timings_s"]["total"], again["timings_s"]["total"]);
  EXPECT_EQ(written["devices"][0]["engine"], again["devices"][0]["engine"]);
}

TEST(ReadResult, KeepsWhatIsUnknownUnknown) {
  RunResult result;
  result.health = HealthRecord{};
  result.health->absence = "no library";
  result.health->samples.emplace_back();
  const RunResult again = read_result(to_json(result));
  EXPECT_FALSE(again.final_accuracy || again.parameters_sha256 || again.bandwidth);
  ASSERT_TRUE(again.health);
  EXPECT_EQ(again.health->absence, "no library");
  ASSERT_EQ(again.health->samples.size(), 1u);
  EXPECT_FALSE(again.health->samples[0].power_watts);
  EXPECT_FALSE(read_result(to_json({})).health);
}

TEST(ReadResult, TakesNumbersThatWereNotFinite) {
  const RunResult again = read_result(to_json(hostile_result()));
  EXPECT_FALSE(again.final_loss);
  EXPECT_EQ(again.health->load_seconds, 0);
  EXPECT_EQ(again.checks.size(), sample_checks().size());
}

TEST(ReadResult, RefusesWhatIsNoResult) {
  Json no_verdict = Json::parse(to_json(full_result()));
  no_verdict.erase("verdict");
  Json short_column = Json::parse(to_json(full_result()));
  short_column["health"]["samples"]["pcie_width"].erase(0);
  Json word = Json::parse(to_json(full_result()));
  word["steps"] = "many";
  for (const std::string& text :
       {std::string(), std::string("Segmentation fault"), std::string("[]"), std::string("{}"),
        no_verdict.dump(), short_column.dump(), word.dump(), to_json({}).substr(0, 300)}) {
    SCOPED_TRACE(text.substr(0, 60));
    try {
      read_result(text);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      EXPECT_THAT(error.what(),
                  testing::StartsWith("a process that tried one GPU wrote no result"));
    }
  }
}

TEST(ResultOf, IsWhatTheGpusProcessWrote) {
  const std::vector<GpuRun> runs = two_gpu_result().gpu_runs;
  EXPECT_EQ(result_of(runs[0]).checks.size(), sample_checks().size());
  const RunResult second = result_of(runs[1]);
  EXPECT_EQ(second.verdict.code, ExitCode::hardware_fault);
  EXPECT_EQ(second.verdict.remedy, "drain the node");
  EXPECT_TRUE(second.checks.empty());
  GpuRun run = runs[0];
  run.verdict = {ExitCode::failed, "failed", "its process was ended by signal 11", ""};
  EXPECT_EQ(result_of(run).verdict.code, ExitCode::failed) << "whatever it wrote before";
  run.json.clear();
  EXPECT_EQ(result_of(run).final_accuracy, run.final_accuracy);
  EXPECT_EQ(result_of(run).parameters_sha256, run.parameters_sha256);
}

}  // namespace
}  // namespace mnist
