#include "report/json.hpp"

#include <algorithm>

#include "report/json_parts.hpp"

namespace mnist {
namespace {

// Raised when a field changes its meaning or goes away, not when one joins.
constexpr int schema_version = 1;

Json verdict_json(const Verdict& verdict) {
  return {{"code", static_cast<int>(verdict.code)},
          {"cause", verdict.cause},
          {"evidence", or_null(verdict.evidence)},
          {"remedy", or_null(verdict.remedy)}};
}

Json checks_json(const std::vector<Check>& checks) {
  Json list = Json::array();
  for (const Check& check : checks)
    list.push_back({{"group", check.group},
                    {"name", check.name},
                    {"outcome", name_of(check.outcome)},
                    {"code", static_cast<int>(check.code)},
                    {"found", or_null(check.found)},
                    {"remedy", or_null(check.remedy)},
                    {"seconds", check.seconds}});
  return list;
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
  return {{"checks", or_null(timings.checks)},         {"data", or_null(timings.data)},
          {"engine", or_null(timings.engine)},         {"training", or_null(timings.training)},
          {"evaluation", or_null(timings.evaluation)}, {"total", or_null(timings.total)}};
}

Json rate_json(const Rate& rate) {
  return {{"measured", rate.measured}, {"promised", or_null(rate.promised)}};
}

Json bandwidth_json(const std::optional<Bandwidth>& bandwidth) {
  if (!bandwidth) return nullptr;
  return {{"host_to_device_gbps", rate_json(bandwidth->host_to_device_gbps)},
          {"device_to_device_gbps", rate_json(bandwidth->device_to_device_gbps)},
          {"product_tflops", rate_json(bandwidth->product_tflops)}};
}

// What a process of its own wrote; null where it is no JSON.
Json embedded(const std::string& text) {
  Json result = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return result.is_object() ? result : Json(nullptr);
}

Json gpu_runs_json(const std::vector<GpuRun>& runs) {
  Json list = Json::array();
  for (const GpuRun& run : runs)
    list.push_back({{"uuid", run.gpu.uuid},
                    {"name", run.gpu.name},
                    {"index", run.gpu.index},
                    {"verdict", verdict_json(run.verdict)},
                    {"final_accuracy", or_null(run.final_accuracy)},
                    {"parameters_sha256", or_null(run.parameters_sha256)},
                    {"result", embedded(run.json)}});
  return list;
}

bool holds_single_values(const Json& array) {
  return std::ranges::none_of(array, [](const Json& value) { return value.is_structured(); });
}

// As Json::dump() does it with two spaces a level, but for lists of numbers or words, which stand
// on one line: there are hundreds of samples. The names of files may hold any bytes; JSON is UTF-8.
void write(const Json& value, const std::string& line_feed, std::string& text) {
  if (!value.is_structured() || value.empty() || (value.is_array() && holds_single_values(value))) {
    text += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  text += value.is_object() ? '{' : '[';
  const char* separator = "";
  for (const auto& item : value.items()) {
    text += separator + line_feed + "  ";
    if (value.is_object())
      text += Json(item.key()).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
    write(item.value(), line_feed + "  ", text);
    separator = ",";
  }
  text += line_feed + (value.is_object() ? '}' : ']');
}

}  // namespace

std::string to_json(const RunResult& result) {
  const Json object{{"schema_version", schema_version},
                    {"version", or_null(result.version)},
                    {"verdict", verdict_json(result.verdict)},
                    {"exit_code", static_cast<int>(result.verdict.code)},
                    {"phase", or_null(result.phase)},
                    {"final_accuracy", or_null(result.final_accuracy)},
                    {"final_loss", or_null(result.final_loss)},
                    {"parameters_sha256", or_null(result.parameters_sha256)},
                    {"images_per_second", or_null(result.images_per_second)},
                    {"seed", result.seed},
                    {"first_step", result.first_step},
                    {"steps", result.steps},
                    {"rounds", result.rounds},
                    {"model", result.model},
                    {"dataset", dataset_json(result.dataset)},
                    {"requested_device", result.requested_device},
                    {"place", place_json(result.place)},
                    {"devices", devices_json(result.devices)},
                    {"checks", checks_json(result.checks)},
                    {"bandwidth", bandwidth_json(result.bandwidth)},
                    {"curve", curve_json(result.curve)},
                    {"timings_s", timings_json(result.timings)},
                    {"evidence", result.evidence ? evidence_json(*result.evidence) : Json(nullptr)},
                    {"health", result.health ? health_json(*result.health) : Json(nullptr)},
                    {"gpu_runs", gpu_runs_json(result.gpu_runs)}};
  std::string text;
  write(object, "\n", text);
  return text + "\n";
}

}  // namespace mnist
