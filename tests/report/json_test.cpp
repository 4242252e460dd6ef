#include "report/json.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "report/sample_results.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

Json parsed(const RunResult& result) { return Json::parse(to_json(result)); }

TEST(ResultJson, HasEveryField) {
  const Json gpu = Json::parse(R"({
    "index": 2, "uuid": "GPU-4f8e2a51", "name": "NVIDIA H200", "pci_bus_id": "0000:65:00.0",
    "compute_capability": "9.0", "sm_clock_ghz": 1.98, "memory_clock_ghz": 3.201,
    "total_memory_bytes": 150000000000, "free_memory_bytes": 149000000000,
    "multiprocessors": 132, "l2_bytes": 62914560, "mig": false,
    "driver_version": "580.65.06", "driver_cuda": "13.0", "runtime_cuda": "12.9",
    "readings_absent": null, "utilization_percent": 3, "memory_utilization_percent": 1,
    "memory_used_bytes": 1000000000, "temperature_celsius": 31, "power_watts": 76.5,
    "power_cap_watts": 700.0, "ecc_enabled": true, "compute_mode": "default", "processes": 0})");
  const Json place = Json::parse(R"({"host": "pod-7", "container": "/.dockerenv",
    "kubernetes": true, "node": "node-3", "pod": "pod-7", "namespace": "gpu-tests"})");
  Json expected = Json::parse(R"({
    "schema_version": 1, "version": "0.1.0",
    "verdict": {"code": 21, "cause": "GPU health threshold", "evidence": "1 row is pending",
                "remedy": "reset the GPU"},
    "exit_code": 21, "phase": "training", "final_accuracy": 0.9786, "final_loss": 0.0669,
    "images_per_second": 81234.0, "seed": 18446744073709551615,
    "first_step": 200, "steps": 1000, "rounds": 3,
    "model": "lenet", "requested_device": "auto",
    "devices": [{"engine": "cuda", "name": "NVIDIA H200", "precision": "tf32",
                 "libraries": ["CUDA 13.0", "cuDNN 9.19.0"], "recording": "step recorded"}],
    "dataset": {"name": "mnist", "train_images": 60000, "test_images": 10000},
    "checks": [
      {"group": "device", "name": "other users", "outcome": "warned", "code": 15, "seconds": 0.0,
       "found": "2 processes, 12.5 GiB in use, 30% busy",
       "remedy": "wait, or ask for a GPU of your own"},
      {"group": "health", "name": "row remapping", "outcome": "failed", "code": 21,
       "found": "1 row is pending", "remedy": "reset the GPU", "seconds": 0.0},
      {"group": "health", "name": "temperature", "outcome": "unknown", "code": 0,
       "found": "the GPU was used for 0.1 s", "remedy": "--soak 10 would", "seconds": 0.0},
      {"group": "numbers", "name": "product", "outcome": "passed", "code": 0,
       "found": "off by 1e-7 at most", "remedy": null, "seconds": 0.0125}],
    "bandwidth": {"host_to_device_gbps": {"measured": 25.125, "promised": 31.5},
                  "device_to_device_gbps": {"measured": 3900.0, "promised": null},
                  "product_tflops": {"measured": 45.25, "promised": 60.0}},
    "curve": [{"step": 0, "accuracy": 0.125}, {"step": 20, "accuracy": 0.9786}],
    "timings_s": {"checks": 0.125, "data": 0.25, "engine": 0.5, "training": 3.0, "evaluation": 1.0, "total": 4.75},
    "evidence": {
      "pci_gpus": [{"address": "0000:65:00.0", "device_id": "0x2335"}],
      "module_loaded": true, "uvm_module_loaded": true, "kernel_driver": "580.65.06",
      "device_files": [{"path": "/dev/nvidia0", "mode": "crw-rw-rw-", "owner": "0:0",
                        "usable": true}],
      "libcuda": "/usr/lib/x86_64-linux-gnu/libcuda.so.1", "nvml_status": 0,
      "nvml_driver": "580.65.06", "seccomp": "filter", "new_double_bit_errors": true,
      "compute_mode": "exclusive process", "recovery_action": 2,
      "variables": {"CUDA_VISIBLE_DEVICES": "0", "LD_LIBRARY_PATH": "/a:/b"},
      "xids": [{"number": 48, "pci_bus_id": "0000:65:00", "text": "DBE", "before_run": true}]},
    "health": {
      "absence": null, "load_seconds": 0.4,
      "before": {
        "recovery_action": 0, "retired_pages": 0, "retirement_pending": false,
        "remapped_rows": {"correctable": 1, "uncorrectable": 2, "pending": false, "failed": false},
        "double_bit_errors": 0, "temperature_limit_celsius": 87,
        "memory_temperature_limit_celsius": 95, "pcie_width_most": 16, "pcie_generation_most": 5,
        "mig_mode": false, "persistence_mode": true, "lost": 15},
      "after": {
        "recovery_action": null, "retired_pages": null, "retirement_pending": null,
        "remapped_rows": {"correctable": 1, "uncorrectable": 2, "pending": true, "failed": false},
        "double_bit_errors": null, "temperature_limit_celsius": null,
        "memory_temperature_limit_celsius": null, "pcie_width_most": null,
        "pcie_generation_most": null, "mig_mode": null, "persistence_mode": null, "lost": null},
      "unanswered": true, "xids_watched": true,
      "xids": [{"number": 63, "pci_bus_id": "0000:65:00", "text": "row remapper",
                "before_run": false}],
      "under_load": {
        "power_watts": {"min": 176.5, "mean": 226.5, "max": 276.5},
        "temperature_celsius": {"min": 38.0, "mean": 41.5, "max": 45.0},
        "memory_temperature_celsius": {"min": 36.0, "mean": 36.5, "max": 37.0},
        "sm_clock_mhz": {"min": 1920.0, "mean": 1935.0, "max": 1950.0},
        "memory_clock_mhz": {"min": 3201.0, "mean": 3201.0, "max": 3201.0},
        "memory_used_bytes": {"min": 1000000001.0, "mean": 1000000001.5, "max": 1000000002.0},
        "utilization_percent": {"min": 40.0, "mean": 60.0, "max": 80.0}},
      "samples": {
        "seconds": [0.0, 0.125, 0.25], "under_load": [false, true, true],
        "power_watts": [76.5, 176.5, 276.5], "temperature_celsius": [31, 38, 45],
        "memory_temperature_celsius": [35, 36, 37], "sm_clock_mhz": [1980, 1950, 1920],
        "memory_clock_mhz": [3201, 3201, 3201],
        "memory_used_bytes": [1000000000, 1000000001, 1000000002],
        "utilization_percent": [0, 40, 80], "clock_event_reasons": [4, 4, 4],
        "pcie_width": [16, 16, 16], "pcie_generation": [5, 5, 5]}},
    "gpu_runs": []
  })");
  expected["place"] = expected["evidence"]["place"] = place;
  expected["devices"][0]["gpu"] = expected["evidence"]["gpu"] = gpu;
  expected["dataset"]["sha256"] = std::string(64, 'b');
  expected["parameters_sha256"] = std::string(64, 'c');
  EXPECT_EQ(Json::diff(expected, parsed(full_result())), Json::array());
}

TEST(ResultJson, HasNullForWhatIsAbsent) {
  RunResult result;
  result.verdict = {ExitCode::failed, "failed", "", ""};
  result.model = "mlp";
  result.requested_device = "cpu";
  EXPECT_EQ(Json::diff(parsed(result), Json::parse(R"({
    "schema_version": 1, "version": null,
    "verdict": {"code": 1, "cause": "failed", "evidence": null, "remedy": null},
    "exit_code": 1, "phase": null, "final_accuracy": null, "final_loss": null,
    "parameters_sha256": null, "images_per_second": null, "seed": 0, "first_step": 0, "steps": 0, "rounds": 0,
    "model": "mlp", "requested_device": "cpu",
    "dataset": {"name": null, "sha256": null, "train_images": null, "test_images": null},
    "place": {"host": null, "container": null, "kubernetes": false, "node": null, "pod": null,
              "namespace": null},
    "devices": [], "checks": [], "bandwidth": null, "curve": [],
    "timings_s": {"checks": null, "data": null, "engine": null, "training": null, "evaluation": null, "total": null},
    "evidence": null, "health": null, "gpu_runs": []
  })")),
            Json::array());
}

TEST(ResultJson, HasNullForWhatIsUnknownOfADevice) {
  RunResult result = full_result();
  result.devices[0].gpu = Gpu{};
  result.devices[0].gpu->readings_absent = "no library";
  const Json gpu = parsed(result)["devices"][0]["gpu"];
  for (const char* field : {"sm_clock_ghz", "memory_clock_ghz", "free_memory_bytes",
                            "driver_version", "utilization_percent", "memory_utilization_percent",
                            "memory_used_bytes", "temperature_celsius", "power_watts",
                            "power_cap_watts", "ecc_enabled", "compute_mode", "processes"})
    EXPECT_TRUE(gpu.contains(field) && gpu[field].is_null()) << field;
  EXPECT_EQ(gpu["readings_absent"], "no library");
  result.devices[0] = {};
  const Json device = parsed(result)["devices"][0];
  for (const char* field : {"precision", "recording", "gpu"})
    EXPECT_TRUE(device.contains(field) && device[field].is_null()) << field;
}

TEST(ResultJson, HasNullForWhatIsUnknownOfASample) {
  RunResult result = full_result();
  result.health->samples[1].temperature_celsius.reset();
  const Json health = parsed(result)["health"];
  EXPECT_EQ(health["samples"]["temperature_celsius"], Json::parse("[31, null, 45]"));
  EXPECT_EQ(health["under_load"]["temperature_celsius"]["min"], 45.0);
  result.health->samples.clear();
  EXPECT_TRUE(parsed(result)["health"]["under_load"]["temperature_celsius"].is_null());
}

TEST(ResultJson, HasNullForWhatIsNotFinite) {
  const Json object = parsed(hostile_result());
  EXPECT_TRUE(object["final_loss"].is_null());
  EXPECT_TRUE(object["curve"][1]["accuracy"].is_null());
  EXPECT_EQ(object["health"]["samples"]["power_watts"], Json::parse("[null, null, null]"));
}

TEST(ResultJson, StaysUtf8WhateverAFileIsCalled) {
  RunResult result = full_result();
  result.verdict.evidence = "cannot read a\xff\nb";
  EXPECT_EQ(parsed(result)["verdict"]["evidence"], "cannot read a\xEF\xBF\xBD\nb");
}

TEST(ResultJson, HoldsTheWholeResultOfEachGpu) {
  const Json runs = parsed(two_gpu_result())["gpu_runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["uuid"], "GPU-4f8e2a51");
  EXPECT_EQ(runs[0]["name"], "NVIDIA H200");
  EXPECT_EQ(runs[0]["index"], 2);
  EXPECT_EQ(runs[0]["verdict"]["code"], 21);
  EXPECT_EQ(runs[0]["final_accuracy"], 0.9786);
  EXPECT_EQ(runs[0]["parameters_sha256"], std::string(64, 'c'));
  EXPECT_EQ(Json::diff(runs[0]["result"], parsed(full_result())), Json::array());
  EXPECT_EQ(runs[1]["verdict"]["code"], 20);
  EXPECT_TRUE(runs[1]["result"].is_null()) << "its process wrote none";
}

TEST(ResultJson, StandsInLinesButForListsOfValues) {
  RunResult result = full_result();
  result.evidence->variables.clear();
  const std::string text = to_json(result);
  EXPECT_THAT(text, HasSubstr("\"variables\": {},\n"));
  EXPECT_THAT(text, HasSubstr("{\n  \"schema_version\": 1,\n"));
  EXPECT_THAT(text, HasSubstr("\n    \"code\": 21,\n"));
  EXPECT_THAT(text, HasSubstr("\"seconds\": [0.0,0.125,0.25],\n"));
  EXPECT_THAT(text, HasSubstr("\"curve\": [\n    {\n      \"step\": 0,"));
  EXPECT_THAT(text, HasSubstr("\"gpu_runs\": []\n}\n"));
}

}  // namespace
}  // namespace mnist
