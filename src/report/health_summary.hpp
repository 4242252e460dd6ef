// A GPU's samples in a few figures.
#pragma once

#include <algorithm>
#include <optional>

#include "machine/gpu_health.hpp"

namespace mnist {

struct Spread {
  double least = 0;
  double mean = 0;
  double most = 0;
};

// Of the samples that were taken while the run used the GPU; nothing where none knows `quantity`.
template <class Value>
std::optional<Spread> spread_under_load(const HealthRecord& record,
                                        std::optional<Value> HealthSample::*quantity) {
  std::optional<Spread> spread;
  double sum = 0;
  double known = 0;
  for (const HealthSample& sample : record.samples) {
    if (!sample.under_load || !(sample.*quantity)) continue;
    const auto value = static_cast<double>(*(sample.*quantity));
    if (!spread) spread = Spread{value, value, value};
    spread->least = std::min(spread->least, value);
    spread->most = std::max(spread->most, value);
    sum += value;
    known += 1;
  }
  if (spread) spread->mean = sum / known;
  return spread;
}

// Calls `visit` with the name and the member of each quantity of a sample whose spread tells
// something.
template <class Visit>
void for_each_measure(const Visit& visit) {
  visit("power_watts", &HealthSample::power_watts);
  visit("temperature_celsius", &HealthSample::temperature_celsius);
  visit("memory_temperature_celsius", &HealthSample::memory_temperature_celsius);
  visit("sm_clock_mhz", &HealthSample::sm_clock_mhz);
  visit("memory_clock_mhz", &HealthSample::memory_clock_mhz);
  visit("memory_used_bytes", &HealthSample::memory_used_bytes);
  visit("utilization_percent", &HealthSample::utilization_percent);
}

// And the others, too.
template <class Visit>
void for_each_quantity(const Visit& visit) {
  for_each_measure(visit);
  visit("clock_event_reasons", &HealthSample::clock_event_reasons);
  visit("pcie_width", &HealthSample::pcie_width);
  visit("pcie_generation", &HealthSample::pcie_generation);
}

}  // namespace mnist
