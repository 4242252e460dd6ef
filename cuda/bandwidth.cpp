#include "cuda/bandwidth.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/stopwatch.hpp"
#include "cuda/context.hpp"
#include "cuda/gpu_timer.hpp"
#include "machine/nvml.hpp"
#include "machine/nvml_gpu.hpp"
#include "machine/promised_rates.hpp"

namespace mnist::cuda {
namespace {

// Nothing where CUDA does not know it.
std::optional<int> attribute(cudaDeviceAttr what, const Gpu& gpu) {
  int value = 0;
  if (cudaDeviceGetAttribute(&value, what, gpu.index) == cudaSuccess) return value;
  (void)cudaGetLastError();
  return std::nullopt;
}

// Nothing where the host and its GPU share page tables: what joins them then is no PCIe link
// (NVLink-C2C), whatever NVML tells of one.
std::optional<double> promised_upload_gbps(const Gpu& gpu) {
  if (attribute(cudaDevAttrPageableMemoryAccessUsesHostPageTables, gpu).value_or(0))
    return std::nullopt;
  const Nvml nvml;
  const GpuHealth link = NvmlGpu(nvml, gpu.uuid).health();
  return promised_pcie_gbps(link.pcie_generation_most, link.pcie_width_most);
}

std::optional<double> promised_copy_gbps(const Gpu& gpu) {
  const std::optional<int> bits = attribute(cudaDevAttrGlobalMemoryBusWidth, gpu);
  return promised_memory_gbps(gpu, bits.value_or(0) > 0 ? bits : std::nullopt);
}

std::optional<double> promised_tflops(const Gpu& gpu, Precision precision) {
  return precision == Precision::tf32 ? promised_tf32_tflops(gpu) : promised_fp32_tflops(gpu);
}

// Median seconds of what `work` queues.
template <class Work>
double measured_seconds(const GpuTimer& timer, double longest, const Work& work) {
  timer.seconds(work);
  std::vector<double> all;
  const Stopwatch watch;
  do all.push_back(timer.seconds(work));
  while (all.size() < 3 || watch.seconds() < longest);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return *middle;
}

// Values of no pattern in [-1, 1): a GPU that multiplies zeros takes less power, and so is faster.
void fill(std::span<float> values) {
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes, "An Even Quicker Generator"
    value = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
  }
}

// Of each of the two pieces of memory that are copied between.
std::size_t piece_bytes(const Gpu& gpu, const BandwidthWork& work, std::size_t matrix_bytes) {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for the GPU's free memory");
  const std::size_t least = std::max<std::size_t>(2 * gpu.l2_bytes, matrix_bytes);
  return std::max(least, std::min(work.copied_bytes, free / 4));
}

}  // namespace

Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision, const Libraries& libraries,
                            const BandwidthWork& work) {
  const Context context(gpu.index, precision, libraries);
  const auto rows = static_cast<std::size_t>(work.rows);
  const std::size_t matrix = rows * rows;
  const std::size_t piece = piece_bytes(gpu, work, matrix * sizeof(float)) / sizeof(float);
  const PinnedArray<float> host(matrix);
  fill(host.values());
  const auto from = context.allocate<float>(piece, "measuring its bandwidth");
  const auto to = context.allocate<float>(piece, "measuring its bandwidth");
  const auto bytes = [](std::size_t floats) { return static_cast<double>(floats * sizeof(float)); };
  const GpuTimer timer(context.stream());

  Bandwidth found;
  const double up = measured_seconds(timer, work.seconds, [&] {
    context.upload<float>(host.values(), from, "values to the GPU, to see how fast that is");
  });
  found.host_to_device_gbps = {bytes(matrix) / up * 1e-9, promised_upload_gbps(gpu)};

  const double copy = measured_seconds(timer, work.seconds, [&] {
    check(cudaMemcpyAsync(to.data(), from.data(), piece * sizeof(float), cudaMemcpyDeviceToDevice,
                          context.stream()),
          "copying values on the GPU, to see how fast that is");
  });
  found.device_to_device_gbps = {2 * bytes(piece) / copy * 1e-9, promised_copy_gbps(gpu)};

  const Cublas& cublas = context.cublas();
  const double product = measured_seconds(timer, work.seconds, [&] {
    check(cublas,
          cublas.sgemm(context.cublas_handle(), CUBLAS_OP_N, CUBLAS_OP_N, work.rows, work.rows,
                       work.rows, &one, from.data(), work.rows, from.data(), work.rows, &zero,
                       to.data(), work.rows),
          "multiplying matrices, to see how fast that is");
  });
  found.product_tflops = {2.0 * static_cast<double>(matrix) * work.rows / product * 1e-12,
                          promised_tflops(gpu, precision)};
  return found;
}

}  // namespace mnist::cuda
