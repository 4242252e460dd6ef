#include "report/device_lines.hpp"

#include <gmock/gmock.h>

#include "report/well_known_gpu.hpp"

namespace mnist {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(FoundLines, HaveEveryFact) {
  EXPECT_THAT(
      found_lines(well_known_gpu()),
      ElementsAre("Found device 2 with properties:",
                  "name: NVIDIA H200 major: 9 minor: 0 smClockRate(GHz): 1.98 "
                  "memoryClockRate(GHz): 3.201",
                  "pciBusID: 0000:65:00.0 uuid: GPU-4f8e2a51",
                  "totalMemory: 139.70GiB freeMemory: 138.77GiB",
                  "multiprocessors: 132 l2Cache: 60MiB mig: no",
                  "driver: 580.65.06 driverCuda: 13.0 runtimeCuda: 12.9",
                  "utilization: 3% memoryInUse: 0.93GiB temperature: 31C power: 76W powerCap: 700W "
                  "ecc: on computeMode: default processes: 0"));
}

TEST(FoundLines, SayWhatIsUnknown) {
  Gpu gpu = well_known_gpu();
  gpu.sm_clock_ghz.reset();
  gpu.memory_clock_ghz.reset();
  gpu.free_memory_bytes.reset();
  gpu.driver_version = "";
  gpu.mig = true;
  gpu.readings = {};
  const auto lines = found_lines(gpu);
  EXPECT_THAT(lines, Contains("name: NVIDIA H200 major: 9 minor: 0 smClockRate(GHz): unknown "
                              "memoryClockRate(GHz): unknown"));
  EXPECT_THAT(lines, Contains("totalMemory: 139.70GiB freeMemory: unknown"));
  EXPECT_THAT(lines, Contains(HasSubstr("driver: unknown ")));
  EXPECT_THAT(lines, Contains(HasSubstr("mig: yes")));
  EXPECT_EQ(lines.back(),
            "utilization: unknown memoryInUse: unknown temperature: unknown power: unknown "
            "powerCap: unknown ecc: unknown computeMode: unknown processes: unknown");
}

TEST(FoundLines, SayWhyThereAreNoReadings) {
  Gpu gpu = well_known_gpu();
  gpu.readings_absent = "libnvidia-ml.so.1: cannot open shared object file";
  EXPECT_EQ(found_lines(gpu).back(), "NVML: libnvidia-ml.so.1: cannot open shared object file");
}

TEST(CreatingLine, IsThePredecessors) {
  EXPECT_EQ(creating_line(well_known_gpu()),
            "Creating device (/device:GPU:0) -> (device: 2, name: NVIDIA H200, pci bus id: "
            "0000:65:00.0, compute capability: 9.0)");
}

TEST(DeviceLine, SaysWhatComputes) {
  EXPECT_EQ(device_line({.engine = "cpu",
                         .name = "AMD EPYC",
                         .libraries = {"oneDNN 2.6.3"},
                         .precision = "fp32",
                         .threads = 1,
                         .instruction_set = "AVX-512",
                         .recording = ""}),
            "device: cpu, AMD EPYC, fp32, oneDNN 2.6.3, 1 thread, AVX-512");
  EXPECT_EQ(device_line({.engine = "cuda",
                         .name = "NVIDIA H200",
                         .libraries = {"CUDA 13.0", "cuBLAS 13.0.2"},
                         .precision = "tf32",
                         .instruction_set = "",
                         .recording = "step recorded as a graph of 15 nodes"}),
            "device: cuda, NVIDIA H200, tf32, CUDA 13.0, cuBLAS 13.0.2, step recorded as a graph "
            "of 15 nodes");
}

}  // namespace
}  // namespace mnist
