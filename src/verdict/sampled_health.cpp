#include <algorithm>
#include <array>
#include <cstdio>

#include "verdict/health.hpp"
#include "verdict/health_checks.hpp"

namespace mnist::health {
namespace {

constexpr char cooling[] = "look at the node's cooling: fans, airflow, dust";

struct ClockEvent {
  std::uint64_t bit;
  const char* name;
};

// See nvmlClocksEventReasons: those that a GPU in a sound machine does not have.
constexpr std::array<ClockEvent, 4> slowdowns{{{0x08, "hardware slowdown (0x8)"},
                                               {0x20, "software thermal slowdown (0x20)"},
                                               {0x40, "hardware thermal slowdown (0x40)"},
                                               {0x80, "power brake (0x80)"}}};

std::string text(unsigned number) { return std::to_string(number); }

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

// What NVML told in the samples, or in those under load.
template <class Value>
std::vector<Value> told(const HealthRecord& record, std::optional<Value> HealthSample::*fact,
                        bool under_load_only) {
  std::vector<Value> values;
  for (const HealthSample& sample : record.samples)
    if (sample.*fact && (sample.under_load || !under_load_only)) values.push_back(*(sample.*fact));
  return values;
}

// That the fact is unknown, where there was too little load to tell anything from. `so_far` is what
// was seen all the same.
template <class Value>
std::optional<Check> without_load(const std::string& name, const std::string& so_far,
                                  const HealthRecord& record,
                                  std::optional<Value> HealthSample::*fact) {
  const std::string seen = so_far.empty() ? "" : so_far + ", but ";
  if (record.load_seconds < least_load_seconds)
    return unknown(name,
                   seen + "the GPU was used for " + seconds_text(record.load_seconds) +
                       ", and it takes " + seconds_text(least_load_seconds) + " to tell",
                   "train on the GPU for longer: --soak 10");
  if (told(record, fact, true).empty())
    return unknown(name, seen + "NVML told nothing while the GPU was used");
  return std::nullopt;
}

Check temperature(const std::string& name, const HealthRecord& record,
                  std::optional<unsigned> HealthSample::*fact,
                  std::optional<unsigned> GpuHealth::*limit_fact) {
  const std::vector<unsigned> degrees = told(record, fact, false);
  const auto limit = latest(record, limit_fact);
  if (degrees.empty()) return untold(name, record);
  std::string found = text(*std::ranges::max_element(degrees)) + " C at most";
  if (!limit) return unknown(name, found + ", and NVML does not tell the limit");
  found += ", limit " + text(*limit) + " C";
  if (*std::ranges::max_element(degrees) > *limit) return warned(name, found, cooling);
  return without_load(name, found, record, fact).value_or(passed(name, found));
}

}  // namespace

Check clock_slowdowns(const HealthRecord& record) {
  const std::string name = "clock slowdowns";
  const auto reasons = told(record, &HealthSample::clock_event_reasons, true);
  std::string found;
  for (const ClockEvent& slowdown : slowdowns) {
    const auto samples = std::ranges::count_if(
        reasons, [&](std::uint64_t bits) { return (bits & slowdown.bit) != 0; });
    if (samples > 0)
      found += (found.empty() ? "" : ", ") + (slowdown.name + (" in " + std::to_string(samples)));
  }
  const std::string of_samples = std::to_string(reasons.size()) + " samples under load";
  if (!found.empty())
    return warned(name, found + " of " + of_samples, "look at cooling and power capping");
  if (told(record, &HealthSample::clock_event_reasons, false).empty()) return untold(name, record);
  return without_load(name, "", record, &HealthSample::clock_event_reasons)
      .value_or(passed(name, "none in " + of_samples));
}

Check temperature(const HealthRecord& record) {
  return temperature("temperature", record, &HealthSample::temperature_celsius,
                     &GpuHealth::temperature_limit_celsius);
}

Check memory_temperature(const HealthRecord& record) {
  return temperature("memory temperature", record, &HealthSample::memory_temperature_celsius,
                     &GpuHealth::memory_temperature_limit_celsius);
}

Check pcie_width(const HealthRecord& record) {
  const std::string name = "PCIe width";
  const auto widths = told(record, &HealthSample::pcie_width, false);
  const auto most = latest(record, &GpuHealth::pcie_width_most);
  if (widths.empty() || !most) return untold(name, record);
  const unsigned least = *std::ranges::min_element(widths);
  const std::string found = text(least) + " of " + text(*most) + " lanes";
  if (least < *most) return warned(name, found, "look how the GPU sits in its slot or riser");
  return passed(name, found);
}

// An idle link slows down by itself, so it is its best under load that counts.
Check pcie_generation(const HealthRecord& record) {
  const std::string name = "PCIe generation";
  const auto all = told(record, &HealthSample::pcie_generation, false);
  const auto most = latest(record, &GpuHealth::pcie_generation_most);
  if (all.empty() || !most) return untold(name, record);
  if (const auto check = without_load(name, "", record, &HealthSample::pcie_generation))
    return *check;
  const auto under_load = told(record, &HealthSample::pcie_generation, true);
  const unsigned best = *std::ranges::max_element(under_load);
  const std::string found = text(best) + " under load, of " + text(*most);
  if (best < *most)
    return warned(name, found, "look at the slot's link speed in the firmware's settings");
  return passed(name, found);
}

}  // namespace mnist::health
