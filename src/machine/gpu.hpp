// What is known about a GPU, as facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mnist {

// What NVML tells about a GPU at one moment; nothing where it is not supported or not permitted.
struct GpuReadings {
  std::optional<unsigned> utilization_percent;
  std::optional<unsigned> memory_utilization_percent;  // of the time, not of the memory
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<std::uint64_t> memory_free_bytes;
  std::optional<unsigned> temperature_celsius;
  std::optional<double> power_watts;
  std::optional<double> power_cap_watts;
  std::optional<bool> ecc_enabled;
  std::optional<std::string> compute_mode;  // "default", "prohibited", "exclusive process"
  std::optional<unsigned> processes;        // that compute on it
};

// A GPU as CUDA shows it to this process.
struct Gpu {
  int index = 0;  // CUDA's
  std::string name;
  int compute_major = 0;
  int compute_minor = 0;
  std::optional<double> sm_clock_ghz;  // the highest
  std::optional<double> memory_clock_ghz;
  std::string pci_bus_id;  // "0000:65:00.0"
  std::string uuid;        // "GPU-..." or "MIG-..."
  std::uint64_t total_memory_bytes = 0;
  std::optional<std::uint64_t> free_memory_bytes;
  int multiprocessors = 0;
  std::uint64_t l2_bytes = 0;
  bool mig = false;             // a part of a GPU (Multi-Instance GPU)
  std::string driver_cuda;      // the newest CUDA that the driver can run: "13.0"
  std::string runtime_cuda;     // the CUDA that this build has: "13.0"
  std::string driver_version;   // "580.65.06"; empty where it is unknown
  GpuReadings readings;         // nothing where NVML cannot tell:
  std::string readings_absent;  // why; empty where it could be asked
};

}  // namespace mnist
