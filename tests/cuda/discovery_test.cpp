// Discovery against a few stand-ins for the CUDA runtime's questions, and the one for NVML.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>

#include <cstring>
#include <utility>

#include "cuda/cuda_engine.hpp"
#include "machine/gpu_failure.hpp"
#include "machine/stand_in_nvml.hpp"

namespace {

struct MadeUpGpu {
  const char* name = "NVIDIA H200";
  int clock_kilohertz = 1'980'000;
  const char* pci_bus_id = "0001:C1:00.0";
  bool busy = false;  // so that no context can be made on it
};

struct MadeUpRuntime {
  cudaError_t count_status = cudaSuccess;
  int driver_version = 13010;
  std::vector<MadeUpGpu> gpus{MadeUpGpu{}};
  int current = 0;
  std::vector<int> contexts;  // GPUs that one was made on
  cudaError_t last_error = cudaSuccess;
};

MadeUpRuntime runtime;

cudaError_t answer(cudaError_t status) {
  if (status != cudaSuccess) runtime.last_error = status;
  return status;
}

const MadeUpGpu& made_up(int gpu) { return runtime.gpus.at(static_cast<std::size_t>(gpu)); }

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = static_cast<int>(runtime.gpus.size());
  return answer(runtime.count_status);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int gpu) {
  *properties = {};
  std::strncpy(properties->name, made_up(gpu).name, sizeof properties->name - 1);
  for (int byte = 0; byte < 16; ++byte)
    properties->uuid.bytes[byte] = static_cast<char>(0xf0 - 16 * byte + gpu);
  properties->major = 9;
  properties->minor = 1;
  properties->totalGlobalMem = 150'000'000'000;
  properties->multiProcessorCount = 132;
  properties->l2CacheSize = 60 << 20;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int gpu) {
  const int clock = made_up(gpu).clock_kilohertz;
  if (clock < 0) return answer(cudaErrorInvalidValue);
  if (attribute == cudaDevAttrClockRate) *value = clock;
  if (attribute == cudaDevAttrMemoryClockRate) *value = clock * 2;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* id, int size, int gpu) {
  std::strncpy(id, made_up(gpu).pci_bus_id, static_cast<std::size_t>(size));
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* gpu) {
  *gpu = runtime.current;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int gpu) {
  if (made_up(gpu).busy) return answer(cudaErrorDevicesUnavailable);
  runtime.current = gpu;
  runtime.contexts.push_back(gpu);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = 140'000'000'000 + static_cast<std::size_t>(runtime.current);
  *total = 150'000'000'000;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = runtime.driver_version;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 12090;
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(runtime.last_error, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t) { return "an error"; }
const char* cudaGetErrorString(cudaError_t) { return "of the stand-in"; }
}

namespace mnist {
namespace {

using testing::IsEmpty;

constexpr char first_uuid[] = "f0e0d0c0-b0a0-9080-7060-504030201000";
constexpr char second_uuid[] = "f1e1d1c1-b1a1-9181-7161-514131211101";

class Discovery : public testing::Test {
 protected:
  // Opened first, it is what NVML's name stands for in this process.
  Discovery() {
    runtime = {};
    nvml = &fresh_stand_in_nvml(MNIST_STAND_IN_NVML_WHOLE);
    nvml->uuids = {std::string("GPU-") + first_uuid, std::string("GPU-") + second_uuid};
  }

  // What CUDA answered, and the CUDA of its driver.
  std::pair<int, int> refusal() const {
    try {
      discover_gpus();
    } catch (const GpuFailure& failure) {
      EXPECT_EQ(failure.facts().library, GpuLibrary::cuda);
      EXPECT_EQ(failure.facts().doing, "counting the GPUs");
      return {failure.facts().status, failure.facts().driver_cuda};
    }
    return {0, 0};
  }

  StandInNvml* nvml = nullptr;
};

TEST_F(Discovery, TellsEveryFactOfEveryGpu) {
  runtime.gpus.resize(2);
  runtime.gpus[1].name = "Tesla T4";
  const std::vector<Gpu> gpus = discover_gpus();
  ASSERT_EQ(gpus.size(), 2u);
  const Gpu& gpu = gpus[0];
  EXPECT_EQ(gpu.index, 0);
  EXPECT_EQ(gpu.name, "NVIDIA H200");
  EXPECT_EQ(gpu.compute_major, 9);
  EXPECT_EQ(gpu.compute_minor, 1);
  EXPECT_DOUBLE_EQ(gpu.sm_clock_ghz.value(), 1.98);
  EXPECT_DOUBLE_EQ(gpu.memory_clock_ghz.value(), 3.96);
  EXPECT_EQ(gpu.pci_bus_id, "0001:c1:00.0") << "as /sys spells it";
  EXPECT_EQ(gpu.uuid, std::string("GPU-") + first_uuid);
  EXPECT_EQ(gpu.total_memory_bytes, 150'000'000'000u);
  EXPECT_EQ(gpu.free_memory_bytes, 79'000'000'000u) << "NVML's";
  EXPECT_EQ(gpu.multiprocessors, 132);
  EXPECT_EQ(gpu.l2_bytes, 60u << 20);
  EXPECT_FALSE(gpu.mig);
  EXPECT_EQ(gpu.driver_cuda, "13.1");
  EXPECT_EQ(gpu.runtime_cuda, "12.9");
  EXPECT_EQ(gpu.driver_version, "580.65.06");
  EXPECT_EQ(gpu.readings.temperature_celsius, 31u);
  EXPECT_EQ(gpu.readings_absent, "");
  EXPECT_EQ(gpus[1].index, 1);
  EXPECT_EQ(gpus[1].name, "Tesla T4");
  EXPECT_EQ(gpus[1].uuid, std::string("GPU-") + second_uuid);
  EXPECT_THAT(runtime.contexts, IsEmpty()) << "which take time and memory";
}

TEST_F(Discovery, AsksCudaForTheFreeMemoryWhereNvmlDoesNotKnow) {
  runtime.gpus.resize(2);
  nvml->uuids.clear();
  const std::vector<Gpu> gpus = discover_gpus();
  EXPECT_EQ(gpus[0].free_memory_bytes, 140'000'000'000u);
  EXPECT_EQ(gpus[1].free_memory_bytes, 140'000'000'001u);
  EXPECT_EQ(gpus[1].readings_absent, std::string("it does not know GPU-") + second_uuid);
  EXPECT_EQ(runtime.current, 0) << "no other GPU is left current";
}

TEST_F(Discovery, SaysWhyThereIsNoNvml) {
  nvml->results = {{"nvmlInit_v2", 18}};
  EXPECT_THAT(discover_gpus()[0].readings_absent,
              testing::EndsWith("Driver/library version mismatch (18)"));
}

TEST_F(Discovery, ListsAGpuThatIsBusy) {
  runtime.gpus.resize(2);
  runtime.gpus[1].busy = true;
  nvml->uuids.clear();
  const std::vector<Gpu> gpus = discover_gpus();
  ASSERT_EQ(gpus.size(), 2u);
  EXPECT_TRUE(gpus[0].free_memory_bytes);
  EXPECT_FALSE(gpus[1].free_memory_bytes);
  EXPECT_EQ(runtime.last_error, cudaSuccess) << "or the next launch would return it";
}

TEST_F(Discovery, DoesWithoutClocksThatCudaDoesNotKnow) {
  for (const int clock : {0, -1}) {
    runtime.gpus[0].clock_kilohertz = clock;
    const Gpu gpu = discover_gpus()[0];
    EXPECT_FALSE(gpu.sm_clock_ghz);
    EXPECT_FALSE(gpu.memory_clock_ghz);
    EXPECT_EQ(runtime.last_error, cudaSuccess);
  }
}

TEST_F(Discovery, KnowsAPartOfAGpuByItsUuid) {
  nvml->uuids = {"GPU-of-it", std::string("MIG-") + first_uuid};
  const Gpu gpu = discover_gpus()[0];
  EXPECT_TRUE(gpu.mig);
  EXPECT_EQ(gpu.uuid, std::string("MIG-") + first_uuid);
  EXPECT_EQ(gpu.readings.temperature_celsius, 31u);
  EXPECT_EQ(gpu.free_memory_bytes, 79'000'000'000u);
}

TEST_F(Discovery, KnowsAPartOfAGpuByItsName) {
  runtime.gpus[0].name = "NVIDIA H100 80GB HBM3 MIG 1g.10gb";
  nvml->uuids.clear();
  EXPECT_TRUE(discover_gpus()[0].mig);
  EXPECT_EQ(discover_gpus()[0].uuid, std::string("MIG-") + first_uuid);
  nvml->uuids = {std::string("GPU-") + first_uuid};
  const Gpu part = discover_gpus()[0];
  EXPECT_TRUE(part.mig);
  EXPECT_EQ(part.uuid, std::string("GPU-") + first_uuid);
  EXPECT_EQ(part.free_memory_bytes, 140'000'000'000u) << "not that of the whole";
}

TEST_F(Discovery, RefusesWhereThereIsNoDriverOrNoGpu) {
  for (const cudaError_t status : {cudaErrorInsufficientDriver, cudaErrorStubLibrary,
                                   cudaErrorNoDevice, cudaErrorSystemNotReady}) {
    runtime.count_status = status;
    EXPECT_EQ(refusal(), std::pair(static_cast<int>(status), 13010));
    EXPECT_EQ(runtime.last_error, cudaSuccess) << "or the next launch would return it";
  }
  runtime.driver_version = 0;
  runtime.count_status = cudaErrorInsufficientDriver;
  EXPECT_EQ(refusal(), std::pair(35, 0));
  runtime = {};
  runtime.gpus.clear();
  EXPECT_EQ(refusal(), std::pair(100, 13010));
}

}  // namespace
}  // namespace mnist
