#include "machine/nvml.hpp"

#include <dlfcn.h>

#include <array>

namespace mnist {
namespace {

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

std::optional<double> watts(const std::optional<unsigned>& milliwatts) {
  if (!milliwatts) return std::nullopt;
  return *milliwatts * watts_per_milliwatt;
}

}  // namespace

template <class Type>
Type* Nvml::find(const nvml::Function<Type>& function) const {
  return library_ ? reinterpret_cast<Type*>(::dlsym(library_, function.symbol)) : nullptr;
}

template <class Value, class Type, class... In>
std::optional<Value> Nvml::ask(const nvml::Function<Type>& function, In... in) const {
  Value value{};
  Type* const call = find(function);
  if (!call || call(in..., &value) != Result::success) return std::nullopt;
  return value;
}

Nvml::Nvml(const std::string& library)
    : library_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) {
    absence_ = ::dlerror();
    return;
  }
  const auto init = find(nvml::init);
  const Result result = init ? init() : Result::success;
  if (init) status_ = static_cast<int>(result);
  if (init && result == Result::success) return;
  const auto error_string = find(nvml::error_string);
  absence_ = library + (!init          ? std::string(": no function ") + nvml::init.symbol
                        : error_string ? std::string(": ") + error_string(result)
                                       : ": error " + std::to_string(static_cast<int>(result)));
  library_ = nullptr;
}

Nvml::~Nvml() {
  if (const auto shutdown = find(nvml::shutdown)) shutdown();
}

std::string Nvml::driver_version() const {
  std::array<char, nvml::version_size> text{};
  const auto call = find(nvml::driver_version);
  return call && call(text.data(), nvml::version_size) == Result::success ? text.data() : "";
}

bool Nvml::knows(const std::string& uuid) const {
  return ask<nvml::Device>(nvml::handle_by_uuid, uuid.c_str()).has_value();
}

GpuReadings Nvml::read(const std::string& uuid) const {
  GpuReadings readings;
  const auto handle = ask<nvml::Device>(nvml::handle_by_uuid, uuid.c_str());
  if (!handle) return readings;
  const nvml::Device gpu = *handle;
  if (const auto rates = ask<nvml::Utilization>(nvml::utilization, gpu)) {
    readings.utilization_percent = rates->gpu;
    readings.memory_utilization_percent = rates->memory;
  }
  if (const auto memory = ask<nvml::Memory>(nvml::memory, gpu)) {
    readings.memory_used_bytes = memory->used;
    readings.memory_free_bytes = memory->free;
  }
  readings.temperature_celsius = ask<unsigned>(nvml::temperature, gpu, nvml::gpu_sensor);
  readings.power_watts = watts(ask<unsigned>(nvml::power_usage, gpu));
  readings.power_cap_watts = watts(ask<unsigned>(nvml::power_limit, gpu));
  int ecc_now = 0;
  if (ask<int>(nvml::ecc_mode, gpu, &ecc_now)) readings.ecc_enabled = ecc_now != 0;
  if (const auto mode = ask<nvml::ComputeMode>(nvml::compute_mode, gpu))
    readings.compute_mode = name_of(*mode);
  readings.processes = process_count(gpu);
  return readings;
}

std::optional<unsigned> Nvml::process_count(nvml::Device device) const {
  auto call = find(nvml::processes);
  if (!call) call = find(nvml::processes_v1);
  unsigned count = 0;
  // That there is no room for the list is how a list that is not empty is counted.
  const Result result = call ? call(device, &count, nullptr) : Result::success;
  if (!call || (result != Result::success && result != Result::insufficient_size))
    return std::nullopt;
  return count;
}

}  // namespace mnist
