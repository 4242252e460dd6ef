#include "report/closing_lines.hpp"

#include <array>
#include <charconv>

#include "report/check_lines.hpp"
#include "report/formatted.hpp"
#include "report/health_summary.hpp"

namespace mnist {
namespace {

template <class Number>
std::string without_exponent(Number value) {
  std::array<char, 400> text{};  // the longest takes 1 + 1 + 1 + 308 + 16 characters
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return std::string(text.data(), end);
}

std::string dataset_line(const DatasetFacts& dataset) {
  if (dataset.name == "synthetic") return "Data set: synthetic digits, not MNIST";
  return "Data set: " + dataset.name + ", " + std::to_string(dataset.training_images) + " + " +
         std::to_string(dataset.test_images) + " images";
}

std::string rate_line(const char* name, const Rate& rate, const char* unit) {
  std::string line = std::string(name) + ": " + formatted("%.1f ", rate.measured) + unit;
  if (rate.promised) line += formatted(" (promised %.1f)", *rate.promised);
  return line;
}

std::vector<std::string> bandwidth_lines(const Bandwidth& bandwidth) {
  return {rate_line("Host to device", bandwidth.host_to_device_gbps, "GB/s"),
          rate_line("Device to device", bandwidth.device_to_device_gbps, "GB/s"),
          rate_line("Matrix product", bandwidth.product_tflops, "TFLOP/s")};
}

// "31 to 45", or "45" where it did not change.
std::string range(const Spread& spread) {
  const std::string least = formatted("%.0f", spread.least);
  const std::string most = formatted("%.0f", spread.most);
  return least == most ? most : least + " to " + most;
}

// Empty where nothing is known.
std::string health_line(const HealthRecord& record) {
  std::string line;
  const auto add = [&](const char* before, auto quantity, const char* unit) {
    const std::optional<Spread> spread = spread_under_load(record, quantity);
    if (!spread) return;
    line += line.empty() ? "GPU under load: " : ", ";
    line += before + range(*spread) + unit;
  };
  add("", &HealthSample::temperature_celsius, " C");
  add("", &HealthSample::power_watts, " W");
  add("SM clock ", &HealthSample::sm_clock_mhz, " MHz");
  add("", &HealthSample::utilization_percent, "% busy");
  return line;
}

// "GPU 2, GPU-4f8e2a51 (NVIDIA H200): passed with accuracy 0.9786 after 1000 steps"
std::string gpu_run_line(const GpuRun& run) {
  return "GPU " + std::to_string(run.gpu.index) + ", " + run.gpu.uuid + " (" + run.gpu.name +
         "): " + one_line(run.verdict);
}

}  // namespace

std::string shortest_decimal(double value) { return without_exponent(value); }
std::string shortest_decimal(float value) { return without_exponent(value); }

std::string accuracy_line(std::uint64_t step, double accuracy) {
  return "Accuracy at step " + std::to_string(step) + ": " + shortest_decimal(accuracy);
}

std::vector<std::string> closing_lines(const RunResult& result) {
  std::vector<std::string> lines;
  if (result.dataset) lines.push_back(dataset_line(*result.dataset));
  for (const DeviceFacts& device : result.devices)
    if (!device.precision.empty())  // else it was listed, and nothing ran on it
      lines.push_back("Device: " + device.name + ", " + device.precision);
  if (result.final_accuracy)
    lines.push_back("Final accuracy: " + shortest_decimal(*result.final_accuracy));
  if (result.final_loss) lines.push_back("Final loss: " + formatted("%.6g", *result.final_loss));
  if (result.images_per_second)
    lines.push_back("Images a second in training: " + formatted("%.0f", *result.images_per_second));
  if (result.rounds > 1) lines.push_back("Rounds of training: " + std::to_string(result.rounds));
  if (result.bandwidth)
    for (const std::string& line : bandwidth_lines(*result.bandwidth)) lines.push_back(line);
  if (result.health)
    if (const std::string line = health_line(*result.health); !line.empty()) lines.push_back(line);
  for (const GpuRun& run : result.gpu_runs) lines.push_back(gpu_run_line(run));
  if (const auto line = not_judged_line(result.checks)) lines.push_back(*line);
  std::string times;
  const auto add_time = [&times](const std::optional<double>& seconds, const char* name) {
    if (!seconds) return;
    times += times.empty() ? "Time: " : ", ";
    times += formatted("%.3f s ", *seconds) + name;
  };
  add_time(result.timings.checks, "checks");
  add_time(result.timings.data, "data");
  add_time(result.timings.engine, "engine set-up");
  add_time(result.timings.training, "training");
  add_time(result.timings.evaluation, "evaluation");
  if (!times.empty()) add_time(result.timings.total, "in all");
  if (!times.empty()) lines.push_back(times);
  return lines;
}

}  // namespace mnist
