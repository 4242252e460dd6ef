// Against what NVIDIA's data sheets say of GPUs, with the clocks that CUDA tells of them.
#include "machine/promised_rates.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mnist {
namespace {

struct Known {
  const char* name;
  int compute;  // 90 is 9.0
  int multiprocessors;
  double sm_clock_ghz;
  double memory_clock_ghz;
  int bus_bits;
  double fp32_tflops;
  double tf32_tflops;  // 0: none is promised
  double memory_gbps;
};

// Some data sheets are of a lower clock than the highest, and so are a little lower.
const Known known[] = {
    {"Tesla K80", 37, 13, 0.875, 2.505, 384, 4.37, 0, 240},
    {"Tesla P4", 61, 20, 1.1135, 3.003, 256, 5.7, 0, 192},
    {"Tesla V100-SXM2", 70, 80, 1.53, 0.877, 4096, 15.7, 0, 900},
    {"Tesla T4", 75, 40, 1.59, 5.001, 256, 8.14, 0, 320},
    {"A100-SXM4-40GB", 80, 108, 1.41, 1.215, 5120, 19.5, 156, 1555},
    {"A10", 86, 72, 1.695, 6.251, 384, 31.2, 0, 600},
    {"L4", 89, 58, 2.04, 6.251, 192, 30.3, 0, 300},
    {"H100 SXM", 90, 132, 1.98, 2.619, 5120, 66.9, 535, 3352},
    {"H200", 90, 132, 1.98, 3.201, 6144, 66.9, 535, 4900},
};

TEST(PromisedRates, AreThoseOfTheDataSheets) {
  for (const Known& row : known) {
    SCOPED_TRACE(row.name);
    Gpu gpu;
    gpu.compute_major = row.compute / 10;
    gpu.compute_minor = row.compute % 10;
    gpu.multiprocessors = row.multiprocessors;
    gpu.sm_clock_ghz = row.sm_clock_ghz;
    gpu.memory_clock_ghz = row.memory_clock_ghz;
    EXPECT_NEAR(promised_fp32_tflops(gpu).value(), row.fp32_tflops, 0.025 * row.fp32_tflops);
    EXPECT_NEAR(promised_tf32_tflops(gpu).value_or(0), row.tf32_tflops, 0.01 * row.tf32_tflops);
    EXPECT_NEAR(promised_memory_gbps(gpu, row.bus_bits).value(), row.memory_gbps,
                0.01 * row.memory_gbps);
  }
}

TEST(PromisedRates, AreNoneWhereSomethingIsUnknown) {
  const Gpu whole = [] {
    Gpu gpu;
    gpu.compute_major = 9;
    gpu.multiprocessors = 132;
    gpu.sm_clock_ghz = 2;
    gpu.memory_clock_ghz = 2;
    return gpu;
  }();
  Gpu gpu = whole;
  EXPECT_TRUE(promised_fp32_tflops(gpu));
  EXPECT_FALSE(promised_memory_gbps(gpu, std::nullopt));
  gpu.mig = true;
  EXPECT_TRUE(promised_fp32_tflops(gpu)) << "the multiprocessors are the part's own";
  EXPECT_FALSE(promised_memory_gbps(gpu, 256));
  gpu = whole;
  gpu.memory_clock_ghz.reset();
  EXPECT_FALSE(promised_memory_gbps(gpu, 256));
  gpu = whole;
  gpu.sm_clock_ghz.reset();
  EXPECT_FALSE(promised_fp32_tflops(gpu));
  gpu = whole;
  gpu.multiprocessors = 0;
  EXPECT_FALSE(promised_fp32_tflops(gpu));
  EXPECT_FALSE(promised_tf32_tflops(gpu));
  gpu = whole;
  gpu.compute_major = 17;
  EXPECT_FALSE(promised_fp32_tflops(gpu));
  EXPECT_FALSE(promised_tf32_tflops(gpu));
}

TEST(PromisedRates, OfPcieGrowWithGenerationAndLanes) {
  const struct {
    unsigned generation, lanes;
    double gbps;
  } links[] = {{1, 16, 4}, {2, 8, 4}, {3, 16, 15.75}, {4, 8, 15.75}, {4, 16, 31.5}, {5, 16, 63}};
  for (const auto& link : links)
    EXPECT_NEAR(promised_pcie_gbps(link.generation, link.lanes).value(), link.gbps, 0.02)
        << link.generation << " x" << link.lanes;
  EXPECT_FALSE(promised_pcie_gbps(0, 16));
  EXPECT_FALSE(promised_pcie_gbps(6, 16)) << "which codes otherwise";
  EXPECT_FALSE(promised_pcie_gbps(4, 0));
  EXPECT_FALSE(promised_pcie_gbps(std::nullopt, 16));
  EXPECT_FALSE(promised_pcie_gbps(4, std::nullopt));
}

}  // namespace
}  // namespace mnist
