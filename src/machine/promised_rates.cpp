#include "machine/promised_rates.hpp"

#include <iterator>

namespace mnist {
namespace {

// 0 where it is not known.
int cores_of_a_multiprocessor(const Gpu& gpu) {
  switch (gpu.compute_major * 10 + gpu.compute_minor) {
    case 35:
    case 37:
      return 192;
    case 60:
    case 70:
    case 72:
    case 75:
    case 80:
      return 64;
    case 50:
    case 52:
    case 53:
    case 61:
    case 62:
    case 86:
    case 87:
    case 89:
    case 90:
    case 100:
    case 103:
    case 110:
    case 120:
    case 121:
      return 128;
    default:
      return 0;
  }
}

int tensor_core_products(const Gpu& gpu) {
  if (gpu.compute_minor != 0) return 0;
  return gpu.compute_major == 8 ? 512 : gpu.compute_major == 9 ? 1024 : 0;
}

std::optional<double> tflops(const Gpu& gpu, int products_a_clock) {
  if (!gpu.sm_clock_ghz || gpu.multiprocessors <= 0 || products_a_clock == 0) return std::nullopt;
  return 2e-3 * products_a_clock * gpu.multiprocessors * *gpu.sm_clock_ghz;
}

}  // namespace

std::optional<double> promised_memory_gbps(const Gpu& gpu, std::optional<int> bus_bits) {
  if (gpu.mig || !gpu.memory_clock_ghz || !bus_bits) return std::nullopt;
  return 2 * *gpu.memory_clock_ghz * *bus_bits / 8;
}

std::optional<double> promised_fp32_tflops(const Gpu& gpu) {
  return tflops(gpu, cores_of_a_multiprocessor(gpu));
}

std::optional<double> promised_tf32_tflops(const Gpu& gpu) {
  return tflops(gpu, tensor_core_products(gpu));
}

std::optional<double> promised_pcie_gbps(std::optional<unsigned> generation,
                                         std::optional<unsigned> lanes) {
  constexpr double gigatransfers[]{2.5, 5, 8, 16, 32};
  if (!generation || *generation < 1 || *generation > std::size(gigatransfers) || !lanes ||
      *lanes == 0)
    return std::nullopt;
  const double data = *generation <= 2 ? 8.0 / 10 : 128.0 / 130;
  return gigatransfers[*generation - 1] * data / 8 * *lanes;
}

}  // namespace mnist
