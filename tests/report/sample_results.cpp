#include "report/sample_results.hpp"

#include <limits>

#include "report/json.hpp"
#include "report/well_known_gpu.hpp"

namespace mnist {

const std::string hostile_text =
    "a\"b\\c<d>&]]>\n\t\x1b[31m\x7f\xff\xc3(\xed\xa0\x80\xef\xbf\xbf é\xe2\x82";

std::vector<Check> sample_checks() {
  return {
      {"device", "other users", Outcome::warned, ExitCode::busy,
       "2 processes, 12.5 GiB in use, 30% busy", "wait, or ask for a GPU of your own", 0},
      {"health", "row remapping", Outcome::failed, ExitCode::health_threshold, "1 row is pending",
       "reset the GPU", 0},
      {"health", "temperature", Outcome::unknown, ExitCode::passed, "the GPU was used for 0.1 s",
       "--soak 10 would", 0},
      {"numbers", "product", Outcome::passed, ExitCode::passed, "off by 1e-7 at most", "", 0.0125}};
}

HealthRecord sample_health() {
  HealthRecord record;
  record.load_seconds = 0.4;
  record.before.recovery_action = 0;
  record.before.remapped_rows = RemappedRows{1, 2, false, false};
  record.before.retired_pages = 0;
  record.before.retirement_pending = false;
  record.before.double_bit_errors = 0;
  record.before.temperature_limit_celsius = 87;
  record.before.memory_temperature_limit_celsius = 95;
  record.before.pcie_width_most = 16;
  record.before.pcie_generation_most = 5;
  record.before.mig_mode = false;
  record.before.persistence_mode = true;
  record.before.lost = 15;
  record.unanswered = true;
  record.xids_watched = true;
  record.after.remapped_rows = RemappedRows{1, 2, true, false};
  record.xids = {{63, "0000:65:00", "row remapper", false}};
  for (unsigned i = 0; i < 3; ++i)
    record.samples.push_back({.seconds = 0.125 * i,
                              .under_load = i > 0,
                              .power_watts = 76.5 + 100 * i,
                              .temperature_celsius = 31 + 7 * i,
                              .memory_temperature_celsius = 35 + i,
                              .sm_clock_mhz = 1980 - 30 * i,
                              .memory_clock_mhz = 3201,
                              .memory_used_bytes = 1'000'000'000 + i,
                              .utilization_percent = 40 * i,
                              .clock_event_reasons = 4,
                              .pcie_width = 16,
                              .pcie_generation = 5});
  return record;
}

RunResult full_result() {
  RunResult result;
  result.verdict = {ExitCode::health_threshold, "GPU health threshold", "1 row is pending",
                    "reset the GPU"};
  result.version = "0.1.0";
  result.phase = "training";
  result.checks = sample_checks();
  result.place = {"pod-7", "/.dockerenv", true, "node-3", "pod-7", "gpu-tests"};
  result.evidence = Evidence{};
  Evidence& evidence = *result.evidence;
  evidence.pci_gpus = {{"0000:65:00.0", 0x2335}};
  evidence.module_loaded = true;
  evidence.uvm_module_loaded = true;
  evidence.kernel_driver = "580.65.06";
  evidence.device_files = {{"/dev/nvidia0", "crw-rw-rw-", "0:0", true}};
  evidence.libcuda = "/usr/lib/x86_64-linux-gnu/libcuda.so.1";
  evidence.nvml_status = 0;
  evidence.nvml_driver = "580.65.06";
  evidence.variables = {{"CUDA_VISIBLE_DEVICES", "0"}, {"LD_LIBRARY_PATH", "/a:/b"}};
  evidence.seccomp = "filter";
  evidence.place = result.place;
  evidence.xids = {{48, "0000:65:00", "DBE", true}};
  evidence.gpu = well_known_gpu();
  evidence.new_double_bit_errors = true;
  evidence.compute_mode = "exclusive process";
  evidence.recovery_action = 2;
  result.seed = 18446744073709551615u;
  result.first_step = 200;
  result.steps = 1000;
  result.model = "lenet";
  result.requested_device = "auto";
  result.dataset = DatasetFacts{"mnist", std::string(64, 'b'), 60000, 10000};
  result.devices.emplace_back();
  result.devices[0].engine = "cuda";
  result.devices[0].name = "NVIDIA H200";
  result.devices[0].libraries = {"CUDA 13.0", "cuDNN 9.19.0"};
  result.devices[0].precision = "tf32";
  result.devices[0].recording = "step recorded";
  result.devices[0].gpu = well_known_gpu();
  result.curve = {{0, 0.125}, {20, 0.9786}};
  result.final_accuracy = 0.9786;
  result.final_loss = 0.0669;
  result.parameters_sha256 = std::string(64, 'c');
  result.images_per_second = 81234;
  result.timings = {
      .checks = 0.125, .data = 0.25, .engine = 0.5, .training = 3, .evaluation = 1, .total = 4.75};
  result.rounds = 3;
  result.health = sample_health();
  result.bandwidth = Bandwidth{{25.125, 31.5}, {3900, std::nullopt}, {45.25, 60}};
  return result;
}

RunResult two_gpu_result() {
  RunResult result;
  result.verdict = {ExitCode::not_reproducible, "not reproducible", "GPU-b ends with others", ""};
  result.place.node = "node-3";
  result.model = "lenet";
  result.requested_device = "all";
  result.checks = {{"training", "same parameters on each GPU", Outcome::failed,
                    ExitCode::not_reproducible, "GPU-b ends with others", "", 0}};
  const RunResult own = full_result();
  GpuRun run;
  run.gpu = well_known_gpu();
  run.verdict = own.verdict;
  run.final_accuracy = own.final_accuracy;
  run.parameters_sha256 = own.parameters_sha256;
  run.json = to_json(own);
  result.gpu_runs.push_back(run);
  run.gpu.index = 3;
  run.gpu.uuid = "GPU-b";
  run.verdict = {ExitCode::hardware_fault, "GPU hardware fault", "it fell off the bus",
                 "drain the node"};
  run.final_accuracy.reset();
  run.parameters_sha256.reset();
  run.json = "Segmentation fault";
  result.gpu_runs.push_back(run);
  return result;
}

RunResult hostile_result() {
  RunResult result = full_result();
  for (std::string* text :
       {&result.verdict.cause, &result.verdict.evidence, &result.verdict.remedy, &result.phase,
        &result.place.host, &result.place.node, &result.place.pod, &result.place.pod_namespace,
        &result.model, &result.requested_device, &result.devices[0].name,
        &result.devices[0].gpu->name, &result.devices[0].gpu->uuid, &result.evidence->libcuda})
    *text = hostile_text;
  result.evidence->variables["LD_LIBRARY_PATH"] = hostile_text;
  for (Check& check : result.checks) {
    check.group += hostile_text;
    check.name += hostile_text;
    check.found = hostile_text;
    check.remedy = hostile_text;
    check.seconds = std::numeric_limits<double>::infinity();
  }
  result.final_loss = std::numeric_limits<double>::infinity();
  result.curve[1].accuracy = std::numeric_limits<double>::quiet_NaN();
  result.images_per_second = std::numeric_limits<double>::quiet_NaN();
  result.timings.total = -std::numeric_limits<double>::infinity();
  result.health->load_seconds = std::numeric_limits<double>::quiet_NaN();
  for (HealthSample& sample : result.health->samples)
    sample.power_watts = std::numeric_limits<double>::quiet_NaN();
  result.bandwidth->product_tflops = {std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::quiet_NaN()};
  return result;
}

}  // namespace mnist
