#include "report/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "report/clean_line.hpp"

namespace mnist {
namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : clean_line(value)) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text;
}

std::string labels_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    if (!value.empty())
      text += (text.empty() ? "" : ",") + std::string(name) + "=\"" + escaped(value) + "\"";
  return text.empty() ? "" : "{" + text + "}";
}

// The shortest that reads back as `value`.
std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

}  // namespace

Labels operator+(Labels first, const Labels& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

void Exposition::gauge(const std::string& name, const std::string& help,
                       const std::vector<MetricSample>& samples) {
  family(name, name, "gauge", help, samples);
}

void Exposition::info(const std::string& name, const std::string& help, const Labels& labels) {
  // OpenMetrics has a type for it, whose families lack the ending.
  if (format_ == MetricsFormat::open_metrics)
    family(name, name + "_info", "info", help, {{labels, 1}});
  else
    family(name + "_info", name + "_info", "gauge", help, {{labels, 1}});
}

std::string Exposition::text() const {
  return families_ + (format_ == MetricsFormat::open_metrics ? "# EOF\n" : "");
}

void Exposition::family(const std::string& family, const std::string& name, const std::string& type,
                        const std::string& help, const std::vector<MetricSample>& samples) {
  std::string lines;
  for (const auto& [labels, value] : samples)
    if (value && std::isfinite(*value))
      lines += name + labels_text(labels) + " " + number(*value) + "\n";
  if (lines.empty()) return;
  families_ += "# HELP " + family + " " + help + "\n# TYPE " + family + " " + type + "\n" + lines;
}

}  // namespace mnist
