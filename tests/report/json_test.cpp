#include "report/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace mnist {
namespace {

using Json = nlohmann::json;

RunResult whole_result() {
  return {.verdict = {ExitCode::accuracy_too_low, "too low", "0.5 of 0.9", "train longer"},
          .seed = 18446744073709551615u,
          .steps = 20,
          .model = "lenet",
          .requested_device = "auto",
          .dataset = DatasetFacts{"mnist", "b2d8", 60000, 10000},
          .devices = {{"cpu", "A processor", {"oneDNN 2.6.3"}}},
          .curve = {{0, 0.125}, {20, 0.9786}},
          .final_accuracy = 0.9786,
          .final_loss = 0.0669,
          .parameters_sha256 = "c6f4",
          .images_per_second = 81234,
          .timings = {.data = 0.25, .engine = 0.5, .training = 3, .evaluation = 1, .total = 4.75}};
}

TEST(ResultJson, HasEveryField) {
  EXPECT_EQ(Json::parse(to_json(whole_result())), Json::parse(R"({
    "schema_version": 1,
    "verdict": {"code": 31, "cause": "too low", "evidence": "0.5 of 0.9", "remedy": "train longer"},
    "exit_code": 31, "final_accuracy": 0.9786, "final_loss": 0.0669, "parameters_sha256": "c6f4",
    "seed": 18446744073709551615, "steps": 20, "model": "lenet",
    "dataset": {"name": "mnist", "sha256": "b2d8", "train_images": 60000, "test_images": 10000},
    "requested_device": "auto",
    "devices": [{"engine": "cpu", "name": "A processor", "libraries": ["oneDNN 2.6.3"]}],
    "curve": [{"step": 0, "accuracy": 0.125}, {"step": 20, "accuracy": 0.9786}],
    "timings_s": {"data": 0.25, "engine": 0.5, "training": 3.0, "evaluation": 1.0, "total": 4.75}
  })"));
}

TEST(ResultJson, HasNullForWhatIsAbsent) {
  RunResult result;
  result.verdict = {ExitCode::failed, "failed", "", ""};
  result.model = "mlp";
  result.requested_device = "cpu";
  EXPECT_EQ(Json::parse(to_json(result)), Json::parse(R"({
    "schema_version": 1,
    "verdict": {"code": 1, "cause": "failed", "evidence": null, "remedy": null},
    "exit_code": 1, "final_accuracy": null, "final_loss": null, "parameters_sha256": null,
    "seed": 0, "steps": 0, "model": "mlp",
    "dataset": {"name": null, "sha256": null, "train_images": null, "test_images": null},
    "requested_device": "cpu", "devices": [], "curve": [],
    "timings_s": {"data": null, "engine": null, "training": null, "evaluation": null, "total": null}
  })"));
}

TEST(ResultJson, HasNullForWhatIsNotFinite) {
  RunResult result = whole_result();
  result.final_loss = std::numeric_limits<double>::infinity();
  result.curve[1].accuracy = std::numeric_limits<double>::quiet_NaN();
  const Json object = Json::parse(to_json(result));
  EXPECT_TRUE(object["final_loss"].is_null());
  EXPECT_TRUE(object["curve"][1]["accuracy"].is_null());
}

TEST(ResultJson, StaysUtf8WhateverAFileIsCalled) {
  RunResult result = whole_result();
  result.verdict.evidence = "cannot read a\xff\nb";
  EXPECT_EQ(Json::parse(to_json(result))["verdict"]["evidence"], "cannot read a\xEF\xBF\xBD\nb");
}

}  // namespace
}  // namespace mnist
