#include "verdict/bandwidth.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

namespace mnist {
namespace {

struct Judged {
  const char* name;
  const char* unit;
  const char* flag;
  const char* remedy;
};

constexpr Judged host_to_device{
    "host to device", "GB/s", "--min_h2d",
    "look at the width and generation of the PCIe link under load (nvidia-smi -q -d PCIE), and at "
    "who else uses it"};
constexpr Judged device_to_device{
    "device to device", "GB/s", "--min_d2d",
    "look at the memory's clock, at its errors (nvidia-smi -q -d CLOCK,ECC), and at who else uses "
    "the GPU"};
constexpr Judged product{
    "matrix product", "TFLOP/s", "--min_tflops",
    "look at why the clocks are low (nvidia-smi -q -d PERFORMANCE,POWER,TEMPERATURE), and at who "
    "else uses the GPU"};

std::string figure(double value, const char* unit) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g ", value);
  return text.data() + std::string(unit);
}

Check judge(const Judged& judged, const Rate& rate, const std::optional<double>& least) {
  Check check{.group = "bandwidth",
              .name = judged.name,
              .outcome = Outcome::passed,
              .code = ExitCode::passed,
              .found = figure(rate.measured, judged.unit),
              .remedy = ""};
  if (rate.promised) check.found += " of " + figure(*rate.promised, judged.unit) + " promised";
  if (least) check.found += ", at least " + figure(*least, judged.unit) + " asked for";
  // What was not measured is no pass, whatever was asked for.
  const bool measured = std::isfinite(rate.measured) && rate.measured > 0;
  if (measured && !(least && rate.measured < *least)) return check;
  check.outcome = Outcome::failed;
  check.code = ExitCode::health_threshold;
  check.remedy = judged.remedy;
  if (measured) check.remedy += std::string("; or ask for less (") + judged.flag + ")";
  return check;
}

}  // namespace

std::vector<Check> judge_bandwidth(const Bandwidth& bandwidth, const BandwidthLimits& limits) {
  return {judge(host_to_device, bandwidth.host_to_device_gbps, limits.host_to_device_gbps),
          judge(device_to_device, bandwidth.device_to_device_gbps, limits.device_to_device_gbps),
          judge(product, bandwidth.product_tflops, limits.product_tflops)};
}

}  // namespace mnist
