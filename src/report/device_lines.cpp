#include "report/device_lines.hpp"

#include "report/formatted.hpp"

namespace mnist {
namespace {

constexpr double bytes_per_gibibyte = 1 << 30;

std::string gibibytes(std::uint64_t bytes) {
  return formatted("%.2fGiB", static_cast<double>(bytes) / bytes_per_gibibyte);
}

template <class Value, class Shown>
std::string known(const std::optional<Value>& value, Shown shown) {
  return value ? shown(*value) : "unknown";
}

std::string gigahertz(const std::optional<double>& clock) {
  return known(clock, [](double value) { return formatted("%.4g", value); });
}

std::string memory(const std::optional<std::uint64_t>& bytes) { return known(bytes, gibibytes); }

std::string watts(const std::optional<double>& power) {
  return known(power, [](double value) { return formatted("%.0fW", value); });
}

std::string whole(const std::optional<unsigned>& value, const char* unit) {
  return known(value, [unit](unsigned number) { return std::to_string(number) + unit; });
}

std::string driver_line(const Gpu& gpu) {
  return "driver: " + (gpu.driver_version.empty() ? "unknown" : gpu.driver_version) +
         " driverCuda: " + gpu.driver_cuda + " runtimeCuda: " + gpu.runtime_cuda;
}

std::string readings_line(const Gpu& gpu) {
  if (!gpu.readings_absent.empty()) return "NVML: " + gpu.readings_absent;
  const GpuReadings& now = gpu.readings;
  return "utilization: " + whole(now.utilization_percent, "%") +
         " memoryInUse: " + memory(now.memory_used_bytes) +
         " temperature: " + whole(now.temperature_celsius, "C") +
         " power: " + watts(now.power_watts) + " powerCap: " + watts(now.power_cap_watts) +
         " ecc: " + known(now.ecc_enabled, [](bool on) { return on ? "on" : "off"; }) +
         " computeMode: " + now.compute_mode.value_or("unknown") +
         " processes: " + whole(now.processes, "");
}

}  // namespace

std::string compute_capability(const Gpu& gpu) {
  return std::to_string(gpu.compute_major) + "." + std::to_string(gpu.compute_minor);
}

std::vector<std::string> found_lines(const Gpu& gpu) {
  // The first four as TensorFlow's demo had them, but for the SM clock, which it took for the
  // memory's.
  return {"Found device " + std::to_string(gpu.index) + " with properties:",
          "name: " + gpu.name + " major: " + std::to_string(gpu.compute_major) +
              " minor: " + std::to_string(gpu.compute_minor) +
              " smClockRate(GHz): " + gigahertz(gpu.sm_clock_ghz) +
              " memoryClockRate(GHz): " + gigahertz(gpu.memory_clock_ghz),
          "pciBusID: " + gpu.pci_bus_id + " uuid: " + gpu.uuid,
          "totalMemory: " + gibibytes(gpu.total_memory_bytes) +
              " freeMemory: " + memory(gpu.free_memory_bytes),
          "multiprocessors: " + std::to_string(gpu.multiprocessors) +
              " l2Cache: " + formatted("%.4gMiB", static_cast<double>(gpu.l2_bytes) / (1 << 20)) +
              " mig: " + (gpu.mig ? "yes" : "no"),
          driver_line(gpu),
          readings_line(gpu)};
}

std::string creating_line(const Gpu& gpu) {
  return "Creating device (/device:GPU:0) -> (device: " + std::to_string(gpu.index) +
         ", name: " + gpu.name + ", pci bus id: " + gpu.pci_bus_id +
         ", compute capability: " + compute_capability(gpu) + ")";
}

std::string device_line(const DeviceFacts& device) {
  std::string line = "device: " + device.engine + ", " + device.name + ", " + device.precision;
  for (const std::string& library : device.libraries) line += ", " + library;
  if (device.threads > 0)
    line += ", " + std::to_string(device.threads) + (device.threads == 1 ? " thread" : " threads");
  if (!device.instruction_set.empty()) line += ", " + device.instruction_set;
  if (!device.recording.empty()) line += ", " + device.recording;
  return line;
}

}  // namespace mnist
