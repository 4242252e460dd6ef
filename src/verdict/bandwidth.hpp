// From measured rates to whether they are enough.
#pragma once

#include <optional>
#include <vector>

#include "machine/bandwidth.hpp"
#include "verdict/check.hpp"

namespace mnist {

// The least that was asked for.
struct BandwidthLimits {
  std::optional<double> host_to_device_gbps;
  std::optional<double> device_to_device_gbps;
  std::optional<double> product_tflops;

  bool operator==(const BandwidthLimits&) const = default;
};

// A check of the group "bandwidth" for each rate, failed (21) where it is below its limit.
std::vector<Check> judge_bandwidth(const Bandwidth& bandwidth, const BandwidthLimits& limits);

}  // namespace mnist
