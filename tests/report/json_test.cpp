#include "report/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "report/well_known_gpu.hpp"

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
          .devices = {{.engine = "cuda",
                       .name = "NVIDIA H200",
                       .libraries = {"CUDA 13.0", "cuDNN 9.19.0"},
                       .precision = "tf32",
                       .instruction_set = "",
                       .recording = "step recorded",
                       .gpu = well_known_gpu()}},
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
    "devices": [{
      "engine": "cuda", "name": "NVIDIA H200", "libraries": ["CUDA 13.0", "cuDNN 9.19.0"],
      "precision": "tf32", "recording": "step recorded",
      "gpu": {
        "index": 2, "uuid": "GPU-4f8e2a51", "pci_bus_id": "0000:65:00.0",
        "compute_capability": "9.0", "sm_clock_ghz": 1.98, "memory_clock_ghz": 3.201,
        "total_memory_bytes": 150000000000, "free_memory_bytes": 149000000000,
        "multiprocessors": 132, "l2_bytes": 62914560, "mig": false,
        "driver_version": "580.65.06", "driver_cuda": "13.0", "runtime_cuda": "12.9",
        "readings_absent": null, "utilization_percent": 3, "memory_utilization_percent": 1,
        "memory_used_bytes": 1000000000, "temperature_celsius": 31, "power_watts": 76.5,
        "power_cap_watts": 700.0, "ecc_enabled": true, "compute_mode": "default", "processes": 0}}],
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

TEST(ResultJson, HasNullForWhatIsUnknownOfADevice) {
  RunResult result = whole_result();
  result.devices[0].gpu = Gpu{};
  result.devices[0].gpu->readings_absent = "no library";
  const Json gpu = Json::parse(to_json(result))["devices"][0]["gpu"];
  for (const char* field : {"sm_clock_ghz", "memory_clock_ghz", "free_memory_bytes",
                            "driver_version", "utilization_percent", "memory_utilization_percent",
                            "memory_used_bytes", "temperature_celsius", "power_watts",
                            "power_cap_watts", "ecc_enabled", "compute_mode", "processes"})
    EXPECT_TRUE(gpu.contains(field) && gpu[field].is_null()) << field;
  EXPECT_EQ(gpu["readings_absent"], "no library");
  result.devices[0] = {};
  const Json device = Json::parse(to_json(result))["devices"][0];
  for (const char* field : {"precision", "recording", "gpu"})
    EXPECT_TRUE(device.contains(field) && device[field].is_null()) << field;
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
