#include "report/closing_lines.hpp"

#include <array>
#include <charconv>

#include "report/formatted.hpp"

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
    lines.push_back("Device: " + device.name + ", " + device.precision);
  if (result.final_accuracy)
    lines.push_back("Final accuracy: " + shortest_decimal(*result.final_accuracy));
  if (result.final_loss) lines.push_back("Final loss: " + formatted("%.6g", *result.final_loss));
  if (result.images_per_second)
    lines.push_back("Images a second in training: " + formatted("%.0f", *result.images_per_second));
  std::string times;
  const auto add_time = [&times](const std::optional<double>& seconds, const char* name) {
    if (!seconds) return;
    times += times.empty() ? "Time: " : ", ";
    times += formatted("%.3f s ", *seconds) + name;
  };
  add_time(result.timings.data, "data");
  add_time(result.timings.engine, "engine set-up");
  add_time(result.timings.training, "training");
  add_time(result.timings.evaluation, "evaluation");
  add_time(result.timings.total, "in all");
  if (!times.empty()) lines.push_back(times);
  return lines;
}

}  // namespace mnist
