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
    if constexpr (std::is_void_v<OursPointed> || std::is_same_v<OursPointed, DeviceOfNvml> ||
                  std::is_same_v<OursPointed, EventSetOfNvml>)
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
EXPECT_SAME(device_count, nvmlDeviceGetCount_v2);
EXPECT_SAME(handle_by_index, nvmlDeviceGetHandleByIndex_v2);
EXPECT_SAME(uuid, nvmlDeviceGetUUID);
EXPECT_SAME(name, nvmlDeviceGetName);
EXPECT_SAME(mig_mode, nvmlDeviceGetMigMode);
EXPECT_SAME(mig_device_most, nvmlDeviceGetMaxMigDeviceCount);
EXPECT_SAME(mig_handle_by_index, nvmlDeviceGetMigDeviceHandleByIndex);
EXPECT_SAME(whole_of_mig, nvmlDeviceGetDeviceHandleFromMigDeviceHandle);
EXPECT_SAME(utilization, nvmlDeviceGetUtilizationRates);
EXPECT_SAME(memory, nvmlDeviceGetMemoryInfo);
EXPECT_SAME(temperature, nvmlDeviceGetTemperature);
EXPECT_SAME(power_usage, nvmlDeviceGetPowerUsage);
EXPECT_SAME(power_limit, nvmlDeviceGetEnforcedPowerLimit);
EXPECT_SAME(ecc_mode, nvmlDeviceGetEccMode);
EXPECT_SAME(compute_mode, nvmlDeviceGetComputeMode);
EXPECT_SAME(processes, nvmlDeviceGetComputeRunningProcesses_v3);
EXPECT_SAME(processes_v1, nvmlDeviceGetComputeRunningProcesses);
EXPECT_SAME(memory_v2, nvmlDeviceGetMemoryInfo_v2);
EXPECT_SAME(field_values, nvmlDeviceGetFieldValues);
EXPECT_SAME(remapped_rows, nvmlDeviceGetRemappedRows);
EXPECT_SAME(retired_pages, nvmlDeviceGetRetiredPages);
EXPECT_SAME(retirement_pending, nvmlDeviceGetRetiredPagesPendingStatus);
EXPECT_SAME(ecc_errors, nvmlDeviceGetTotalEccErrors);
EXPECT_SAME(clock_event_reasons, nvmlDeviceGetCurrentClocksEventReasons);
EXPECT_SAME(clock_throttle_reasons, nvmlDeviceGetCurrentClocksThrottleReasons);
EXPECT_SAME(temperature_threshold, nvmlDeviceGetTemperatureThreshold);
EXPECT_SAME(pcie_width, nvmlDeviceGetCurrPcieLinkWidth);
EXPECT_SAME(pcie_width_most, nvmlDeviceGetMaxPcieLinkWidth);
EXPECT_SAME(pcie_generation, nvmlDeviceGetCurrPcieLinkGeneration);
EXPECT_SAME(pcie_generation_most, nvmlDeviceGetMaxPcieLinkGeneration);
EXPECT_SAME(persistence_mode, nvmlDeviceGetPersistenceMode);
EXPECT_SAME(clock, nvmlDeviceGetClockInfo);
EXPECT_SAME(create_event_set, nvmlEventSetCreate);
EXPECT_SAME(free_event_set, nvmlEventSetFree);
EXPECT_SAME(register_events, nvmlDeviceRegisterEvents);
EXPECT_SAME(wait_for_event, nvmlEventSetWait_v2);

#define EXPECT_SAME_FIELD(Ours, ours, Theirs, theirs)              \
  static_assert(offsetof(Ours, ours) == offsetof(Theirs, theirs)); \
  static_assert(sizeof(Ours::ours) == sizeof(Theirs::theirs))

static_assert(sizeof(Utilization) == sizeof(nvmlUtilization_t));
EXPECT_SAME_FIELD(Utilization, gpu, nvmlUtilization_t, gpu);
EXPECT_SAME_FIELD(Utilization, memory, nvmlUtilization_t, memory);
static_assert(sizeof(Memory) == sizeof(nvmlMemory_t));
EXPECT_SAME_FIELD(Memory, total, nvmlMemory_t, total);
EXPECT_SAME_FIELD(Memory, free, nvmlMemory_t, free);
EXPECT_SAME_FIELD(Memory, used, nvmlMemory_t, used);
static_assert(sizeof(Memory_v2) == sizeof(nvmlMemory_v2_t));
EXPECT_SAME_FIELD(Memory_v2, version, nvmlMemory_v2_t, version);
EXPECT_SAME_FIELD(Memory_v2, total, nvmlMemory_v2_t, total);
EXPECT_SAME_FIELD(Memory_v2, reserved, nvmlMemory_v2_t, reserved);
EXPECT_SAME_FIELD(Memory_v2, free, nvmlMemory_v2_t, free);
EXPECT_SAME_FIELD(Memory_v2, used, nvmlMemory_v2_t, used);
static_assert(sizeof(FieldValue) == sizeof(nvmlFieldValue_t));
EXPECT_SAME_FIELD(FieldValue, field, nvmlFieldValue_t, fieldId);
EXPECT_SAME_FIELD(FieldValue, scope, nvmlFieldValue_t, scopeId);
EXPECT_SAME_FIELD(FieldValue, microseconds, nvmlFieldValue_t, timestamp);
EXPECT_SAME_FIELD(FieldValue, latency, nvmlFieldValue_t, latencyUsec);
EXPECT_SAME_FIELD(FieldValue, type, nvmlFieldValue_t, valueType);
EXPECT_SAME_FIELD(FieldValue, result, nvmlFieldValue_t, nvmlReturn);
static_assert(offsetof(FieldValue, value) == offsetof(nvmlFieldValue_t, value.uiVal));
static_assert(sizeof(FieldValue::value) == sizeof(nvmlValue_t::uiVal));
static_assert(sizeof(EventData) == sizeof(nvmlEventData_t));
EXPECT_SAME_FIELD(EventData, device, nvmlEventData_t, device);
EXPECT_SAME_FIELD(EventData, type, nvmlEventData_t, eventType);
EXPECT_SAME_FIELD(EventData, data, nvmlEventData_t, eventData);
EXPECT_SAME_FIELD(EventData, gpu_instance, nvmlEventData_t, gpuInstanceId);
EXPECT_SAME_FIELD(EventData, compute_instance, nvmlEventData_t, computeInstanceId);

template <class Ours, class Theirs>
constexpr bool equal(Ours ours, Theirs theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}
static_assert(equal(Result::success, NVML_SUCCESS));
static_assert(equal(Result::not_supported, NVML_ERROR_NOT_SUPPORTED));
static_assert(equal(Result::insufficient_size, NVML_ERROR_INSUFFICIENT_SIZE));
static_assert(equal(Result::function_not_found, NVML_ERROR_FUNCTION_NOT_FOUND));
static_assert(equal(Result::gpu_is_lost, NVML_ERROR_GPU_IS_LOST));
static_assert(equal(Result::reset_required, NVML_ERROR_RESET_REQUIRED));
static_assert(equal(ComputeMode::shared, NVML_COMPUTEMODE_DEFAULT));
static_assert(equal(ComputeMode::exclusive_thread, NVML_COMPUTEMODE_EXCLUSIVE_THREAD));
static_assert(equal(ComputeMode::prohibited, NVML_COMPUTEMODE_PROHIBITED));
static_assert(equal(ComputeMode::exclusive_process, NVML_COMPUTEMODE_EXCLUSIVE_PROCESS));
static_assert(equal(gpu_sensor, NVML_TEMPERATURE_GPU));
static_assert(equal(slowdown_threshold, NVML_TEMPERATURE_THRESHOLD_SLOWDOWN));
static_assert(equal(memory_max_threshold, NVML_TEMPERATURE_THRESHOLD_MEM_MAX));
static_assert(equal(sm_clock, NVML_CLOCK_SM));
static_assert(equal(memory_clock, NVML_CLOCK_MEM));
static_assert(equal(uncorrected_errors, NVML_MEMORY_ERROR_TYPE_UNCORRECTED));
static_assert(equal(volatile_counter, NVML_VOLATILE_ECC));
static_assert(equal(retired_for_single_bit_errors,
                    NVML_PAGE_RETIREMENT_CAUSE_MULTIPLE_SINGLE_BIT_ECC_ERRORS));
static_assert(equal(retired_for_double_bit_errors,
                    NVML_PAGE_RETIREMENT_CAUSE_DOUBLE_BIT_ECC_ERROR));
static_assert(equal(memory_temperature_field, NVML_FI_DEV_MEMORY_TEMP));
static_assert(equal(recovery_action_field, NVML_FI_DEV_GET_GPU_RECOVERY_ACTION));
static_assert(equal(xid_event, nvmlEventTypeXidCriticalError));
static_assert(Memory_v2{}.version == nvmlMemory_v2);
static_assert(version_size == NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE);
static_assert(uuid_size == NVML_DEVICE_UUID_V2_BUFFER_SIZE);
static_assert(name_size == NVML_DEVICE_NAME_V2_BUFFER_SIZE);

#ifdef MNIST_BREAK_THE_CHECK
constexpr Function<Result(Device, unsigned long long*)> wrong{"nvmlDeviceGetPowerUsage"};
EXPECT_SAME(wrong, nvmlDeviceGetPowerUsage);
#endif

}  // namespace
}  // namespace mnist::nvml
