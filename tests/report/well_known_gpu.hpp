// A GPU of which everything is known, for tests of how it is shown.
#pragma once

#include "machine/gpu.hpp"

namespace mnist {

inline Gpu well_known_gpu() {
  return {.index = 2,
          .name = "NVIDIA H200",
          .compute_major = 9,
          .compute_minor = 0,
          .sm_clock_ghz = 1.98,
          .memory_clock_ghz = 3.201,
          .pci_bus_id = "0000:65:00.0",
          .uuid = "GPU-4f8e2a51",
          .total_memory_bytes = 150'000'000'000,
          .free_memory_bytes = 149'000'000'000,
          .multiprocessors = 132,
          .l2_bytes = 60 << 20,
          .mig = false,
          .driver_cuda = "13.0",
          .runtime_cuda = "12.9",
          .driver_version = "580.65.06",
          .readings = {.utilization_percent = 3,
                       .memory_utilization_percent = 1,
                       .memory_used_bytes = 1'000'000'000,
                       .memory_free_bytes = 149'000'000'000,
                       .temperature_celsius = 31,
                       .power_watts = 76.5,
                       .power_cap_watts = 700,
                       .ecc_enabled = true,
                       .compute_mode = "default",
                       .processes = 0},
          .readings_absent = ""};
}

}  // namespace mnist
