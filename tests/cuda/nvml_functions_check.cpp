// Our declarations of NVML against its own header's. Compiled by check_nvml_functions.py, not
// linked.
#include <nvml.h>

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "machine/nvml_functions.hpp"

namespace mnist::nvml {
namespace {

// Whether a caller that knows `Ours` and a function of `Theirs` pass the same bytes: numbers and
// enumerations of one size, pointers to such, or a pointer to a structure that is compared below.
template <class Ours, class Theirs>
constexpr bool same_value() {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    using OursPointed = std::remove_pointer_t<Ours>;
    using TheirsPointed = std::remove_pointer_t<Theirs>;
    if constexpr (std::is_void_v<OursPointed> || std::is_same_v<OursPointed, DeviceOfNvml>)
      return true;  // of no known size
    else
      return std::is_const_v<OursPointed> == std::is_const_v<TheirsPointed> &&
             std::is_pointer_v<OursPointed> == std::is_pointer_v<TheirsPointed> &&
             std::is_class_v<OursPointed> == std::is_class_v<TheirsPointed> &&
             sizeof(OursPointed) == sizeof(TheirsPointed);
  } else {
    return !std::is_pointer_v<Ours> && !std::is_pointer_v<Theirs> && sizeof(Ours) == sizeof(Theirs);
  }
}

template <class Result, class... Ours, class TheirResult, class... Theirs>
constexpr bool same(const Function<Result(Ours...)>&, TheirResult (*)(Theirs...)) {
  if constexpr (sizeof...(Ours) != sizeof...(Theirs))
    return false;
  else
    return same_value<Result, TheirResult>() && (same_value<Ours, Theirs>() && ...);
}

#define EXPECT_SAME(ours, theirs)                          \
  static_assert(std::string_view(ours.symbol) == #theirs); \
  static_assert(same(ours, &theirs))

EXPECT_SAME(init, nvmlInit_v2);
EXPECT_SAME(shutdown, nvmlShutdown);
EXPECT_SAME(error_string, nvmlErrorString);
EXPECT_SAME(driver_version, nvmlSystemGetDriverVersion);
EXPECT_SAME(handle_by_uuid, nvmlDeviceGetHandleByUUID);
EXPECT_SAME(utilization, nvmlDeviceGetUtilizationRates);
EXPECT_SAME(memory, nvmlDeviceGetMemoryInfo);
EXPECT_SAME(temperature, nvmlDeviceGetTemperature);
EXPECT_SAME(power_usage, nvmlDeviceGetPowerUsage);
EXPECT_SAME(power_limit, nvmlDeviceGetEnforcedPowerLimit);
EXPECT_SAME(ecc_mode, nvmlDeviceGetEccMode);
EXPECT_SAME(compute_mode, nvmlDeviceGetComputeMode);
EXPECT_SAME(processes, nvmlDeviceGetComputeRunningProcesses_v3);
EXPECT_SAME(processes_v1, nvmlDeviceGetComputeRunningProcesses);

static_assert(sizeof(Utilization) == sizeof(nvmlUtilization_t));
static_assert(offsetof(Utilization, gpu) == offsetof(nvmlUtilization_t, gpu));
static_assert(offsetof(Utilization, memory) == offsetof(nvmlUtilization_t, memory));
static_assert(sizeof(Memory) == sizeof(nvmlMemory_t));
static_assert(offsetof(Memory, total) == offsetof(nvmlMemory_t, total));
static_assert(offsetof(Memory, free) == offsetof(nvmlMemory_t, free));
static_assert(offsetof(Memory, used) == offsetof(nvmlMemory_t, used));

template <class Ours, class Theirs>
constexpr bool equal(Ours ours, Theirs theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}
static_assert(equal(Result::success, NVML_SUCCESS));
static_assert(equal(Result::insufficient_size, NVML_ERROR_INSUFFICIENT_SIZE));
static_assert(equal(ComputeMode::shared, NVML_COMPUTEMODE_DEFAULT));
static_assert(equal(ComputeMode::exclusive_thread, NVML_COMPUTEMODE_EXCLUSIVE_THREAD));
static_assert(equal(ComputeMode::prohibited, NVML_COMPUTEMODE_PROHIBITED));
static_assert(equal(ComputeMode::exclusive_process, NVML_COMPUTEMODE_EXCLUSIVE_PROCESS));
static_assert(equal(gpu_sensor, NVML_TEMPERATURE_GPU));
static_assert(version_size == NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE);

#ifdef MNIST_BREAK_THE_CHECK
constexpr Function<Result(Device, unsigned long long*)> wrong{"nvmlDeviceGetPowerUsage"};
EXPECT_SAME(wrong, nvmlDeviceGetPowerUsage);
#endif

}  // namespace
}  // namespace mnist::nvml
