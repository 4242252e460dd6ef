#include "report/read_result.hpp"

#include "base/error.hpp"
#include "report/json_parts.hpp"

namespace mnist {
namespace {

std::string text_of(const Json& value) { return known<std::string>(value).value_or(""); }

Verdict verdict_of_json(const Json& verdict) {
  return {static_cast<ExitCode>(verdict.at("code").get<int>()), verdict.at("cause"),
          text_of(verdict.at("evidence")), text_of(verdict.at("remedy"))};
}

Outcome outcome_named(const std::string& name) {
  for (const Outcome outcome : {Outcome::passed, Outcome::warned, Outcome::failed})
    if (name == name_of(outcome)) return outcome;
  return Outcome::unknown;
}

std::vector<Check> checks_of(const Json& list) {
  std::vector<Check> checks;
  for (const Json& check : list)
    checks.push_back({.group = check.at("group"),
                      .name = check.at("name"),
                      .outcome = outcome_named(check.at("outcome")),
                      .code = static_cast<ExitCode>(check.at("code").get<int>()),
                      .found = text_of(check.at("found")),
                      .remedy = text_of(check.at("remedy")),
                      .seconds = known<double>(check.at("seconds")).value_or(0)});
  return checks;
}

Rate rate_of(const Json& rate) {
  return {known<double>(rate.at("measured")).value_or(0), known<double>(rate.at("promised"))};
}

std::optional<Bandwidth> bandwidth_of(const Json& bandwidth) {
  if (bandwidth.is_null()) return std::nullopt;
  return Bandwidth{rate_of(bandwidth.at("host_to_device_gbps")),
                   rate_of(bandwidth.at("device_to_device_gbps")),
                   rate_of(bandwidth.at("product_tflops"))};
}

std::optional<HealthRecord> health_of(const Json& health) {
  if (health.is_null()) return std::nullopt;
  HealthRecord record;
  record.absence = text_of(health.at("absence"));
  record.load_seconds = known<double>(health.at("load_seconds")).value_or(0);
  record.samples = samples_of(health.at("samples"));
  return record;
}

std::vector<DeviceFacts> devices_of(const Json& list) {
  std::vector<DeviceFacts> devices;
  for (const Json& read : list) {
    DeviceFacts& device = devices.emplace_back();
    device.engine = read.at("engine");
    device.name = read.at("name");
    if (const Json& gpu = read.at("gpu"); !gpu.is_null()) {
      device.gpu = Gpu{};
      device.gpu->name = gpu.at("name");
      device.gpu->uuid = gpu.at("uuid");
      device.gpu->mig = gpu.at("mig");
      device.gpu->total_memory_bytes = gpu.at("total_memory_bytes");
      device.gpu->driver_version = text_of(gpu.at("driver_version"));
    }
  }
  return devices;
}

RunResult result_of_json(const Json& object) {
  RunResult result;
  result.verdict = verdict_of_json(object.at("verdict"));
  result.checks = checks_of(object.at("checks"));
  result.steps = object.at("steps");
  result.rounds = object.at("rounds");
  result.final_accuracy = known<double>(object.at("final_accuracy"));
  result.final_loss = known<double>(object.at("final_loss"));
  result.parameters_sha256 = known<std::string>(object.at("parameters_sha256"));
  result.images_per_second = known<double>(object.at("images_per_second"));
  result.timings.total = known<double>(object.at("timings_s").at("total"));
  result.devices = devices_of(object.at("devices"));
  result.bandwidth = bandwidth_of(object.at("bandwidth"));
  result.health = health_of(object.at("health"));
  return result;
}

}  // namespace

RunResult read_result(const std::string& json) {
  try {
    return result_of_json(Json::parse(json));
  } catch (const Json::exception& failure) {
    throw Error(ExitCode::failed,
                std::string("a process that tried one GPU wrote no result: ") + failure.what(),
                "try that GPU alone: --device cuda:N");
  }
}

RunResult result_of(const GpuRun& run) {
  RunResult result;
  try {
    result = read_result(run.json);
  } catch (const Error&) {
    result.final_accuracy = run.final_accuracy;
    result.parameters_sha256 = run.parameters_sha256;
  }
  result.verdict = run.verdict;
  return result;
}

}  // namespace mnist
