// Measured rates on stand-ins whose work takes what the test says, and what comes of their
// refusals.
#include "cuda/bandwidth.hpp"

#include <dlfcn.h>
#include <gmock/gmock.h>

#include <set>

#include "cuda/machine.hpp"
#include "machine/gpu_failure.hpp"
#include "machine/stand_in_nvml.hpp"

namespace mnist::cuda {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr BandwidthWork small{.rows = 64, .copied_bytes = 1 << 20, .seconds = 0};
constexpr double matrix_bytes = 64 * 64 * 4;

Gpu gpu_of_the_stand_in() {
  Gpu gpu;
  gpu.compute_major = 8;
  gpu.multiprocessors = 100;
  gpu.sm_clock_ghz = 1.5;
  gpu.memory_clock_ghz = 2;
  gpu.l2_bytes = 1000;
  return gpu;
}

Bandwidth measure(Precision precision = Precision::fp32, const Gpu& gpu = gpu_of_the_stand_in()) {
  return measure_bandwidth(gpu, precision, stand_in_libraries(), small);
}

double milliseconds_of(const Work& work) {
  if (work.name.starts_with("sgemm")) return 4;
  return work.operands.size() == 1 ? 0.5 : 2;  // of a copy up, and of one on the GPU
}

TEST(MeasuredBandwidth, FollowsFromSizesAndTheGpusTime) {
  machine().streams.milliseconds_of = milliseconds_of;
  const Bandwidth found = measure();
  EXPECT_NEAR(found.host_to_device_gbps.measured, matrix_bytes / 0.5e-3 * 1e-9, 1e-9);
  EXPECT_NEAR(found.device_to_device_gbps.measured, 2 * (1 << 20) / 2e-3 * 1e-9, 1e-9);
  EXPECT_NEAR(found.product_tflops.measured, 2.0 * 64 * 64 * 64 / 4e-3 * 1e-12, 1e-15);
}

TEST(MeasuredBandwidth, IsTheMedianAfterAWarmUp) {
  int products = 0;
  machine().streams.milliseconds_of = [&](const Work& work) {
    const double all[]{100, 1, 70, 4};  // the first warms up; 4 is between 1 and 70
    return work.name.starts_with("sgemm") ? all[products++ % 4] : 1;
  };
  EXPECT_NEAR(measure().product_tflops.measured, 2.0 * 64 * 64 * 64 / 4e-3 * 1e-12, 1e-15);
  EXPECT_EQ(products, 4);
}

TEST(MeasuredBandwidth, StandsBesideWhatIsPromised) {
  machine().attributes[cudaDevAttrGlobalMemoryBusWidth] = 256;
  machine().precision = Precision::tf32;
  const Bandwidth found = measure();
  EXPECT_DOUBLE_EQ(found.device_to_device_gbps.promised.value(), 2 * 2 * 256 / 8.0);
  EXPECT_DOUBLE_EQ(found.product_tflops.promised.value(), 2 * 64 * 100 * 1.5e-3);
  EXPECT_DOUBLE_EQ(measure(Precision::tf32).product_tflops.promised.value(),
                   2 * 512 * 100 * 1.5e-3);
}

// NVML's stand-in, opened first, is what NVML's name stands for in this process.
TEST(MeasuredBandwidth, OfTheHostStandsBesideWhatTheLinkPromises) {
  void* const library = ::dlopen(MNIST_STAND_IN_NVML_WHOLE, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  StandInNvml& nvml = *reinterpret_cast<StandInNvml* (*)()>(::dlsym(library, "stand_in_nvml"))();
  nvml = {};
  nvml.width = 4;
  nvml.width_most = 8;
  nvml.generation = 1;
  nvml.generation_most = 4;
  Gpu gpu = gpu_of_the_stand_in();
  EXPECT_FALSE(measure(Precision::fp32, gpu).host_to_device_gbps.promised) << "a GPU without name";
  gpu.uuid = nvml.uuids.front();
  EXPECT_NEAR(measure(Precision::fp32, gpu).host_to_device_gbps.promised.value(), 15.75, 0.01);
  machine().attributes[cudaDevAttrPageableMemoryAccessUsesHostPageTables] = 1;
  EXPECT_FALSE(measure(Precision::fp32, gpu).host_to_device_gbps.promised) << "of another link";
  ::dlclose(library);
}

TEST(MeasuredBandwidth, PromisesNothingForWantOfTheBusWidth) {
  EXPECT_FALSE(measure().device_to_device_gbps.promised) << "0 bits";
  machine().calls.fail_function("cudaDeviceGetAttribute", {.runtime = cudaErrorInvalidValue});
  EXPECT_FALSE(measure().device_to_device_gbps.promised);
  EXPECT_EQ(machine().last_error, cudaSuccess) << "or the next launch would return it";
}

// A quarter of what is free twice over, but no less than the cache cannot hold.
TEST(MeasuredBandwidth, TakesNoMoreMemoryThanIsFree) {
  const auto copied_with = [](std::size_t memory, std::uint64_t l2_bytes) {
    renew_machine();
    machine().memory_of_gpu = memory;
    std::size_t copied = 0;
    machine().streams.milliseconds_of = [&](const Work& work) {
      if (work.operands.size() == 2) copied = work.operands[0].bytes;
      return 1;
    };
    Gpu gpu = gpu_of_the_stand_in();
    gpu.l2_bytes = l2_bytes;
    measure(Precision::fp32, gpu);
    return copied;
  };
  constexpr std::size_t mebibyte = 1 << 20;
  EXPECT_EQ(copied_with(100 * mebibyte, 0), mebibyte);
  const std::size_t workspace = 4 * mebibyte;  // which is taken before
  EXPECT_EQ(copied_with(workspace + 2 * mebibyte, 0), mebibyte / 2);
  EXPECT_EQ(copied_with(workspace + 2 * mebibyte, mebibyte / 3), 2 * mebibyte / 3 / 4 * 4);
  EXPECT_EQ(copied_with(workspace + 40'000, 0), matrix_bytes) << "a matrix has room";
  try {
    copied_with(workspace + 2 * mebibyte, mebibyte);
    FAIL() << "there are 2 MiB, and 4 were needed";
  } catch (const GpuFailure& error) {
    EXPECT_EQ(error.facts().status, cudaErrorMemoryAllocation);
    EXPECT_THAT(error.what(), HasSubstr("for measuring its bandwidth"));
  }
  machine().refusals.clear();
}

TEST(MeasuredBandwidth, FailsCleanlyWhereACallDoes) {
  measure();
  const std::vector<std::string> log = machine().calls.log();
  const std::set<std::string> harmless{
      "cudaFree",      "cudaFreeHost", "cudaStreamDestroy",     "cudaEventDestroy",
      "cublasDestroy", "cudnnDestroy", "cudaDeviceGetAttribute"};
  for (std::size_t number = 0; number < log.size(); ++number) {
    SCOPED_TRACE("call " + std::to_string(number) + ", " + log[number]);
    renew_machine();
    machine().calls.fail_call(number);
    try {
      measure();
      EXPECT_TRUE(harmless.contains(log[number])) << "nobody noticed";
    } catch (const GpuFailure& error) {
      EXPECT_THAT(error.what(), ContainsRegex("^[^:]+ failed: "));
    }
    EXPECT_THAT(machine().leftovers(), IsEmpty());
    EXPECT_THAT(machine().refusals, IsEmpty());
  }
}

}  // namespace
}  // namespace mnist::cuda
