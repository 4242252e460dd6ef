// Metrics as text: what Prometheus calls its exposition formats.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/metrics.hpp"

namespace mnist {

// What is empty is unknown, and the same to Prometheus as no label.
using Labels = std::vector<std::pair<const char*, std::string>>;

Labels operator+(Labels first, const Labels& second);

struct MetricSample {
  Labels labels;
  std::optional<double> value;  // not written where it is unknown or not finite
};

// Families of metrics, one after the other; one that has no sample to be written is left out. Names
// and help are as the formats want them; the labels' values may hold anything.
class Exposition {
 public:
  explicit Exposition(MetricsFormat format) : format_(format) {}

  void gauge(const std::string& name, const std::string& help,
             const std::vector<MetricSample>& samples);
  // Facts, as the labels of a 1 called NAME_info.
  void info(const std::string& name, const std::string& help, const Labels& labels);

  // The whole text.
  std::string text() const;

 private:
  void family(const std::string& family, const std::string& name, const std::string& type,
              const std::string& help, const std::vector<MetricSample>& samples);

  MetricsFormat format_;
  std::string families_;
};

}  // namespace mnist
