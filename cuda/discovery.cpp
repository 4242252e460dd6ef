#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "cuda/check.hpp"
#include "cuda/cuda_engine.hpp"
#include "cuda/version_text.hpp"
#include "machine/nvml.hpp"

namespace mnist {
namespace {

using cuda::check;

// Nothing where CUDA does not know it.
std::optional<double> gigahertz(cudaDeviceAttr attribute, int gpu) {
  int kilohertz = 0;
  if (cudaDeviceGetAttribute(&kilohertz, attribute, gpu) != cudaSuccess || kilohertz <= 0) {
    (void)cudaGetLastError();
    return std::nullopt;
  }
  return kilohertz * 1e-6;
}

// In the lower case of /sys.
std::string pci_bus_id(int gpu) {
  std::array<char, 32> text{};
  check(cudaDeviceGetPCIBusId(text.data(), static_cast<int>(text.size()), gpu),
        "asking for a GPU's PCI bus id");
  std::string id = text.data();
  std::ranges::transform(
      id, id.begin(), [](unsigned char digit) { return static_cast<char>(std::tolower(digit)); });
  return id;
}

// "4f8e2a51-...": 16 bytes, without what NVML puts before them.
std::string uuid_digits(const cudaUUID_t& uuid) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// Not for a GPU that NVML knows: this makes a context, which takes a third of a second and some
// hundred megabytes of that GPU until the process ends. Nothing where the GPU cannot be used.
std::optional<std::uint64_t> free_memory(int gpu) {
  std::size_t free = 0;
  std::size_t total = 0;
  int current = 0;
  (void)cudaGetDevice(&current);
  const bool known =
      cudaSetDevice(gpu) == cudaSuccess && cudaMemGetInfo(&free, &total) == cudaSuccess;
  (void)cudaSetDevice(current);
  (void)cudaGetLastError();
  return known ? std::optional<std::uint64_t>(free) : std::nullopt;
}

// CUDA has no word for what is a part of a GPU but its name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb".
void identify(const cudaUUID_t& uuid, const Nvml& nvml, Gpu& gpu) {
  const std::string digits = uuid_digits(uuid);
  gpu.mig = gpu.name.find(" MIG ") != std::string::npos || nvml.knows("MIG-" + digits);
  // With some drivers a part of a GPU goes by the UUID of the whole.
  const bool of_the_whole = !gpu.mig || nvml.knows("GPU-" + digits);
  gpu.uuid = (of_the_whole ? "GPU-" : "MIG-") + digits;
}

Gpu describe(int index, const Nvml& nvml) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "asking for a GPU's properties");
  Gpu gpu;
  gpu.index = index;
  gpu.name = properties.name;
  gpu.compute_major = properties.major;
  gpu.compute_minor = properties.minor;
  gpu.sm_clock_ghz = gigahertz(cudaDevAttrClockRate, index);
  gpu.memory_clock_ghz = gigahertz(cudaDevAttrMemoryClockRate, index);
  gpu.pci_bus_id = pci_bus_id(index);
  identify(properties.uuid, nvml, gpu);
  gpu.total_memory_bytes = properties.totalGlobalMem;
  gpu.multiprocessors = properties.multiProcessorCount;
  gpu.l2_bytes = static_cast<std::uint64_t>(properties.l2CacheSize);
  gpu.readings = nvml.read(gpu.uuid);
  gpu.readings_absent = nvml.absence();
  if (gpu.readings_absent.empty() && !nvml.knows(gpu.uuid))
    gpu.readings_absent = "it does not know " + gpu.uuid;
  // The readings of the whole tell nothing of its part.
  if (gpu.mig == gpu.uuid.starts_with("MIG-"))
    gpu.free_memory_bytes = gpu.readings.memory_free_bytes;
  if (!gpu.free_memory_bytes) gpu.free_memory_bytes = free_memory(index);
  return gpu;
}

}  // namespace

std::vector<Gpu> discover_gpus() {
  // Kept open, so that it can be told which one was loaded: CUDA closes one that does not start.
  (void)::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  int count = 0;
  check(cudaGetDeviceCount(&count), "counting the GPUs");
  if (count == 0) check(cudaErrorNoDevice, "counting the GPUs");
  int driver = 0;
  check(cudaDriverGetVersion(&driver), "asking for the driver's CUDA version");
  int runtime = 0;
  check(cudaRuntimeGetVersion(&runtime), "asking for CUDA's version");
  const Nvml nvml;
  std::vector<Gpu> gpus;
  for (int index = 0; index < count; ++index) {
    gpus.push_back(describe(index, nvml));
    gpus.back().driver_cuda = cuda::version_text(driver);
    gpus.back().runtime_cuda = cuda::version_text(runtime);
    gpus.back().driver_version = nvml.driver_version();
  }
  return gpus;
}

}  // namespace mnist
