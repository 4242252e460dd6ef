// What NVML tells of a GPU's health, as facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/xid.hpp"

namespace mnist {

struct RemappedRows {
  unsigned correctable = 0;
  unsigned uncorrectable = 0;
  bool pending = false;
  bool failed = false;

  bool operator==(const RemappedRows&) const = default;
};

// One look. Nothing stands for what is not supported, not permitted, or has no function.
struct GpuHealth {
  std::optional<unsigned> recovery_action;    // 0: none
  std::optional<RemappedRows> remapped_rows;  // Ampere and later
  std::optional<unsigned> retired_pages;      // older GPUs
  std::optional<bool> retirement_pending;
  std::optional<std::uint64_t> double_bit_errors;     // since the driver was loaded
  std::optional<unsigned> temperature_limit_celsius;  // at which the GPU slows down
  std::optional<unsigned> memory_temperature_limit_celsius;
  std::optional<unsigned> pcie_width_most;  // lanes, of GPU and slot together
  std::optional<unsigned> pcie_generation_most;
  std::optional<bool> mig_mode;
  std::optional<bool> persistence_mode;
  std::optional<int> lost;  // NVML's 15 (off the bus) or 16 (reset required), where it said so

  bool operator==(const GpuHealth&) const = default;
};

// What changes as a GPU works, at one moment.
struct HealthSample {
  double seconds = 0;       // since the watch began
  bool under_load = false;  // the run was using the GPU
  std::optional<double> power_watts;
  std::optional<unsigned> temperature_celsius;
  std::optional<unsigned> memory_temperature_celsius;
  std::optional<unsigned> sm_clock_mhz;
  std::optional<unsigned> memory_clock_mhz;
  std::optional<std::uint64_t> memory_used_bytes;
  std::optional<unsigned> utilization_percent;
  std::optional<std::uint64_t> clock_event_reasons;  // NVML's bits
  std::optional<unsigned> pcie_width;
  std::optional<unsigned> pcie_generation;
};

// A GPU watched through a run.
struct HealthRecord {
  std::string absence;             // why NVML could tell nothing; empty where it could be asked
  std::optional<int> nvml_status;  // of starting NVML, and of asking it for the GPU
  GpuHealth before;
  GpuHealth after;
  bool unanswered = false;            // NVML did not come back when it was asked for `after`
  std::vector<HealthSample> samples;  // at most 512, evenly over the run
  double load_seconds = 0;            // that the GPU was used while being watched
  bool xids_watched = false;          // NVML tells of them, or the kernel's log could be read
  std::vector<Xid> xids;              // during the run, each number once
};

}  // namespace mnist
