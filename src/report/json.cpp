#include "report/json.hpp"

#include <nlohmann/json.hpp>

#include "report/device_lines.hpp"

namespace mnist {
namespace {

using Json = nlohmann::ordered_json;

// Raised when a field changes its meaning or goes away, not when one joins.
constexpr int schema_version = 1;

// A number that is not finite becomes null when the library writes it.
template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json verdict_json(const Verdict& verdict) {
  return {{"code", static_cast<int>(verdict.code)},
          {"cause", verdict.cause},
          {"evidence", or_null(verdict.evidence)},
          {"remedy", or_null(verdict.remedy)}};
}

Json dataset_json(const std::optional<DatasetFacts>& dataset) {
  if (!dataset)
    return {{"name", nullptr},
            {"sha256", nullptr},
            {"train_images", nullptr},
            {"test_images", nullptr}};
  return {{"name", dataset->name},
          {"sha256", or_null(dataset->sha256)},
          {"train_images", dataset->training_images},
          {"test_images", dataset->test_images}};
}

Json gpu_json(const Gpu& gpu) {
  const GpuReadings& readings = gpu.readings;
  return {{"index", gpu.index},
          {"uuid", gpu.uuid},
          {"pci_bus_id", gpu.pci_bus_id},
          {"compute_capability", compute_capability(gpu)},
          {"sm_clock_ghz", or_null(gpu.sm_clock_ghz)},
          {"memory_clock_ghz", or_null(gpu.memory_clock_ghz)},
          {"total_memory_bytes", gpu.total_memory_bytes},
          {"free_memory_bytes", or_null(gpu.free_memory_bytes)},
          {"multiprocessors", gpu.multiprocessors},
          {"l2_bytes", gpu.l2_bytes},
          {"mig", gpu.mig},
          {"driver_version", or_null(gpu.driver_version)},
          {"driver_cuda", gpu.driver_cuda},
          {"runtime_cuda", gpu.runtime_cuda},
          {"readings_absent", or_null(gpu.readings_absent)},
          {"utilization_percent", or_null(readings.utilization_percent)},
          {"memory_utilization_percent", or_null(readings.memory_utilization_percent)},
          {"memory_used_bytes", or_null(readings.memory_used_bytes)},
          {"temperature_celsius", or_null(readings.temperature_celsius)},
          {"power_watts", or_null(readings.power_watts)},
          {"power_cap_watts", or_null(readings.power_cap_watts)},
          {"ecc_enabled", or_null(readings.ecc_enabled)},
          {"compute_mode", or_null(readings.compute_mode)},
          {"processes", or_null(readings.processes)}};
}

Json devices_json(const std::vector<DeviceFacts>& devices) {
  Json list = Json::array();
  for (const DeviceFacts& device : devices)
    list.push_back({{"engine", device.engine},
                    {"name", device.name},
                    {"libraries", device.libraries},
                    {"precision", or_null(device.precision)},
                    {"recording", or_null(device.recording)},
                    {"gpu", device.gpu ? gpu_json(*device.gpu) : Json(nullptr)}});
  return list;
}

Json curve_json(const std::vector<CurvePoint>& curve) {
  Json list = Json::array();
  for (const CurvePoint& point : curve)
    list.push_back({{"step", point.step}, {"accuracy", point.accuracy}});
  return list;
}

Json timings_json(const Timings& timings) {
  return {{"data", or_null(timings.data)},
          {"engine", or_null(timings.engine)},
          {"training", or_null(timings.training)},
          {"evaluation", or_null(timings.evaluation)},
          {"total", or_null(timings.total)}};
}

}  // namespace

std::string to_json(const RunResult& result) {
  const Json object{{"schema_version", schema_version},
                    {"verdict", verdict_json(result.verdict)},
                    {"exit_code", static_cast<int>(result.verdict.code)},
                    {"final_accuracy", or_null(result.final_accuracy)},
                    {"final_loss", or_null(result.final_loss)},
                    {"parameters_sha256", or_null(result.parameters_sha256)},
                    {"seed", result.seed},
                    {"steps", result.steps},
                    {"model", result.model},
                    {"dataset", dataset_json(result.dataset)},
                    {"requested_device", result.requested_device},
                    {"devices", devices_json(result.devices)},
                    {"curve", curve_json(result.curve)},
                    {"timings_s", timings_json(result.timings)}};
  // The names of files may hold any bytes; JSON is UTF-8.
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mnist
