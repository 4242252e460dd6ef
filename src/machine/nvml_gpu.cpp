#include "machine/nvml_gpu.hpp"

namespace mnist {
namespace {

using nvml::Device;
using nvml::Result;

constexpr double watts_per_milliwatt = 1e-3;

std::string name_of(nvml::ComputeMode mode) {
  switch (mode) {
    case nvml::ComputeMode::shared:
      return "default";
    case nvml::ComputeMode::exclusive_thread:
      return "exclusive thread";
    case nvml::ComputeMode::prohibited:
      return "prohibited";
    case nvml::ComputeMode::exclusive_process:
      return "exclusive process";
  }
  return "mode " + std::to_string(static_cast<int>(mode));
}

template <class Number>
std::optional<bool> is_on(const std::optional<Number>& mode) {
  if (!mode) return std::nullopt;
  return *mode != 0;
}

// Where there is no sensor or no limit, some drivers say 0.
std::optional<unsigned> if_not_zero(const std::optional<unsigned>& celsius) {
  return celsius == 0u ? std::nullopt : celsius;
}

}  // namespace

NvmlGpu::NvmlGpu(const Nvml& nvml, const std::string& uuid) : nvml_(nvml) {
  status_ = noted(nvml_.call(nvml::handle_by_uuid, uuid.c_str(), &itself_));
  if (status_ != Result::success) itself_ = nullptr;
  whole_ = nvml_.ask<Device>(nvml::whole_of_mig, itself_).value_or(itself_);
}

NvmlGpu::~NvmlGpu() {
  if (xids_) (void)nvml_.call(nvml::free_event_set, xids_);
}

Result NvmlGpu::noted(Result result) {
  if (result == Result::gpu_is_lost || result == Result::reset_required)
    lost_ = static_cast<int>(result);
  return result;
}

template <class Value, class Type, class... In>
std::optional<Value> NvmlGpu::ask(Device device, const nvml::Function<Type>& function, In... in) {
  Value value{};
  if (!known() || noted(nvml_.call(function, device, in..., &value)) != Result::success)
    return std::nullopt;
  return value;
}

GpuReadings NvmlGpu::readings() {
  GpuReadings readings;
  if (const auto rates = ask<nvml::Utilization>(itself_, nvml::utilization)) {
    readings.utilization_percent = rates->gpu;
    readings.memory_utilization_percent = rates->memory;
  }
  if (const auto bytes = memory()) {
    readings.memory_used_bytes = bytes->used;
    readings.memory_free_bytes = bytes->free;
  }
  readings.temperature_celsius = temperature();
  readings.power_watts = watts(nvml::power_usage);
  readings.power_cap_watts = watts(nvml::power_limit);
  int ecc_now = 0;
  if (ask<int>(whole_, nvml::ecc_mode, &ecc_now)) readings.ecc_enabled = ecc_now != 0;
  if (const auto mode = ask<nvml::ComputeMode>(whole_, nvml::compute_mode))
    readings.compute_mode = name_of(*mode);
  readings.processes = process_count();
  return readings;
}

GpuHealth NvmlGpu::health() {
  GpuHealth health;
  health.recovery_action = field(nvml::recovery_action_field);
  health.remapped_rows = remapped_rows();
  health.retired_pages = retired_pages();
  health.retirement_pending = is_on(ask<int>(whole_, nvml::retirement_pending));
  health.double_bit_errors = ask<unsigned long long>(
      whole_, nvml::ecc_errors, nvml::uncorrected_errors, nvml::volatile_counter);
  health.temperature_limit_celsius = temperature_limit(nvml::slowdown_threshold);
  health.memory_temperature_limit_celsius = temperature_limit(nvml::memory_max_threshold);
  health.pcie_width_most = ask<unsigned>(whole_, nvml::pcie_width_most);
  health.pcie_generation_most = ask<unsigned>(whole_, nvml::pcie_generation_most);
  unsigned mig_now = 0;
  if (ask<unsigned>(whole_, nvml::mig_mode, &mig_now)) health.mig_mode = mig_now != 0;
  health.persistence_mode = is_on(ask<int>(whole_, nvml::persistence_mode));
  health.lost = lost_;
  return health;
}

HealthSample NvmlGpu::sample() {
  HealthSample sample;
  sample.power_watts = watts(nvml::power_usage);
  sample.temperature_celsius = temperature();
  sample.memory_temperature_celsius = if_not_zero(field(nvml::memory_temperature_field));
  sample.sm_clock_mhz = ask<unsigned>(whole_, nvml::clock, nvml::sm_clock);
  sample.memory_clock_mhz = ask<unsigned>(whole_, nvml::clock, nvml::memory_clock);
  if (const auto bytes = memory()) sample.memory_used_bytes = bytes->used;
  if (const auto rates = ask<nvml::Utilization>(itself_, nvml::utilization))
    sample.utilization_percent = rates->gpu;
  sample.clock_event_reasons = clock_event_reasons();
  sample.pcie_width = ask<unsigned>(whole_, nvml::pcie_width);
  sample.pcie_generation = ask<unsigned>(whole_, nvml::pcie_generation);
  return sample;
}

std::optional<double> NvmlGpu::watts(const nvml::Function<Result(Device, unsigned*)>& power) {
  const auto milliwatts = ask<unsigned>(whole_, power);
  if (!milliwatts) return std::nullopt;
  return *milliwatts * watts_per_milliwatt;
}

std::optional<unsigned> NvmlGpu::temperature() {
  return ask<unsigned>(whole_, nvml::temperature, nvml::gpu_sensor);
}

std::optional<unsigned> NvmlGpu::temperature_limit(int threshold) {
  return if_not_zero(ask<unsigned>(whole_, nvml::temperature_threshold, threshold));
}

// What the older function calls used has the driver's own reserve in it.
std::optional<nvml::Memory> NvmlGpu::memory() {
  nvml::Memory_v2 bytes;
  if (known() && noted(nvml_.call(nvml::memory_v2, itself_, &bytes)) == Result::success)
    return nvml::Memory{.total = bytes.total, .free = bytes.free, .used = bytes.used};
  return ask<nvml::Memory>(itself_, nvml::memory);
}

std::optional<unsigned> NvmlGpu::process_count() {
  unsigned count = 0;
  const auto asked = [&](const auto& function) {
    return noted(nvml_.call(function, itself_, &count, static_cast<void*>(nullptr)));
  };
  if (!known()) return std::nullopt;
  Result result = asked(nvml::processes);
  if (result == Result::function_not_found) result = asked(nvml::processes_v1);
  // That there is no room for the list is how a list that is not empty is counted.
  if (result != Result::success && result != Result::insufficient_size) return std::nullopt;
  return count;
}

std::optional<unsigned> NvmlGpu::field(unsigned number) {
  nvml::FieldValue value{.field = number};
  if (!known() || noted(nvml_.call(nvml::field_values, whole_, 1, &value)) != Result::success ||
      noted(value.result) != Result::success)
    return std::nullopt;
  return value.value;
}

std::optional<RemappedRows> NvmlGpu::remapped_rows() {
  RemappedRows rows;
  unsigned pending = 0;
  const auto failed =
      ask<unsigned>(whole_, nvml::remapped_rows, &rows.correctable, &rows.uncorrectable, &pending);
  if (!failed) return std::nullopt;
  rows.pending = pending != 0;
  rows.failed = *failed != 0;
  return rows;
}

std::optional<unsigned> NvmlGpu::retired_pages() {
  unsigned pages = 0;
  if (!known()) return std::nullopt;
  for (const int cause :
       {nvml::retired_for_single_bit_errors, nvml::retired_for_double_bit_errors}) {
    unsigned count = 0;
    const Result result = noted(nvml_.call(nvml::retired_pages, whole_, cause, &count,
                                           static_cast<unsigned long long*>(nullptr)));
    if (result != Result::success && result != Result::insufficient_size) return std::nullopt;
    pages += count;
  }
  return pages;
}

std::optional<std::uint64_t> NvmlGpu::clock_event_reasons() {
  if (const auto reasons = ask<unsigned long long>(whole_, nvml::clock_event_reasons))
    return reasons;
  return ask<unsigned long long>(whole_, nvml::clock_throttle_reasons);
}

bool NvmlGpu::watch_xids() {
  if (nvml_.call(nvml::create_event_set, &xids_) != Result::success) {
    xids_ = nullptr;
    return false;
  }
  return noted(nvml_.call(nvml::register_events, whole_, nvml::xid_event, xids_)) ==
         Result::success;
}

std::vector<unsigned> NvmlGpu::new_xids() {
  std::vector<unsigned> numbers;
  nvml::EventData event;
  while (xids_ && noted(nvml_.call(nvml::wait_for_event, xids_, &event, 0u)) == Result::success)
    if (event.type == nvml::xid_event) numbers.push_back(static_cast<unsigned>(event.data));
  return numbers;
}

}  // namespace mnist
