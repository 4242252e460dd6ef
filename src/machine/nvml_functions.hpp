// The functions of NVML that are called, declared here because its header seldom is installed; a
// test holds these declarations to the header's own.
#pragma once

namespace mnist::nvml {

enum class Result : int {
  success = 0,
  not_supported = 3,
  insufficient_size = 7,
  function_not_found = 13,
  gpu_is_lost = 15,
  reset_required = 16,
};

using Device = struct DeviceOfNvml*;
using EventSet = struct EventSetOfNvml*;

struct Utilization {
  unsigned gpu = 0;
  unsigned memory = 0;
};

struct Memory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

struct Memory_v2 {
  unsigned version = sizeof(Memory_v2) | 2u << 24;
  unsigned long long total = 0;
  unsigned long long reserved = 0;  // by the driver and the GPU itself
  unsigned long long free = 0;
  unsigned long long used = 0;
};

// The number of a field, and what is answered.
struct FieldValue {
  unsigned field = 0;
  unsigned scope = 0;
  long long microseconds = 0;
  long long latency = 0;
  int type = 0;
  Result result = Result::function_not_found;
  unsigned value = 0;  // the low half, which is all of those that are asked for
  unsigned high_half = 0;
};

struct EventData {
  Device device = nullptr;
  unsigned long long type = 0;
  unsigned long long data = 0;  // an Xid's number
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
};

enum class ComputeMode : int {
  shared = 0,
  exclusive_thread = 1,
  prohibited = 2,
  exclusive_process = 3,
};

constexpr int gpu_sensor = 0;
constexpr int slowdown_threshold = 1;    // of the GPU
constexpr int memory_max_threshold = 2;  // of its memory
constexpr int sm_clock = 1;
constexpr int memory_clock = 2;
constexpr int uncorrected_errors = 1;
constexpr int volatile_counter = 0;  // since the driver was loaded
constexpr int retired_for_single_bit_errors = 0;
constexpr int retired_for_double_bit_errors = 1;
constexpr unsigned memory_temperature_field = 82;
constexpr unsigned recovery_action_field = 230;
constexpr unsigned long long xid_event = 8;
// With the terminating zero.
constexpr unsigned version_size = 80;
constexpr unsigned uuid_size = 96;
constexpr unsigned name_size = 96;

// A function's symbol and type.
template <class Type>
struct Function {
  const char* symbol;
};

// clang-format off
inline constexpr Function<Result()> init{"nvmlInit_v2"};
inline constexpr Function<Result()> shutdown{"nvmlShutdown"};
inline constexpr Function<const char*(Result)> error_string{"nvmlErrorString"};
inline constexpr Function<Result(char*, unsigned)> driver_version{"nvmlSystemGetDriverVersion"};
inline constexpr Function<Result(const char*, Device*)> handle_by_uuid{"nvmlDeviceGetHandleByUUID"};
inline constexpr Function<Result(unsigned*)> device_count{"nvmlDeviceGetCount_v2"};
inline constexpr Function<Result(unsigned, Device*)> handle_by_index{"nvmlDeviceGetHandleByIndex_v2"};
inline constexpr Function<Result(Device, char*, unsigned)> uuid{"nvmlDeviceGetUUID"};
inline constexpr Function<Result(Device, char*, unsigned)> name{"nvmlDeviceGetName"};
inline constexpr Function<Result(Device, unsigned*, unsigned*)> mig_mode{"nvmlDeviceGetMigMode"};  // now, and after a reset
inline constexpr Function<Result(Device, unsigned*)> mig_device_most{"nvmlDeviceGetMaxMigDeviceCount"};
inline constexpr Function<Result(Device, unsigned, Device*)> mig_handle_by_index{"nvmlDeviceGetMigDeviceHandleByIndex"};  // places may be empty
inline constexpr Function<Result(Device, Device*)> whole_of_mig{"nvmlDeviceGetDeviceHandleFromMigDeviceHandle"};
inline constexpr Function<Result(Device, Utilization*)> utilization{"nvmlDeviceGetUtilizationRates"};
inline constexpr Function<Result(Device, Memory*)> memory{"nvmlDeviceGetMemoryInfo"};
inline constexpr Function<Result(Device, int, unsigned*)> temperature{"nvmlDeviceGetTemperature"};
inline constexpr Function<Result(Device, unsigned*)> power_usage{"nvmlDeviceGetPowerUsage"};         // mW
inline constexpr Function<Result(Device, unsigned*)> power_limit{"nvmlDeviceGetEnforcedPowerLimit"};  // mW
inline constexpr Function<Result(Device, int*, int*)> ecc_mode{"nvmlDeviceGetEccMode"};  // now, and after a reset
inline constexpr Function<Result(Device, ComputeMode*)> compute_mode{"nvmlDeviceGetComputeMode"};
// Asked for the number alone, with no room for the list, whose layout differs between versions.
inline constexpr Function<Result(Device, unsigned*, void*)> processes{"nvmlDeviceGetComputeRunningProcesses_v3"};
inline constexpr Function<Result(Device, unsigned*, void*)> processes_v1{"nvmlDeviceGetComputeRunningProcesses"};
inline constexpr Function<Result(Device, Memory_v2*)> memory_v2{"nvmlDeviceGetMemoryInfo_v2"};
inline constexpr Function<Result(Device, int, FieldValue*)> field_values{"nvmlDeviceGetFieldValues"};
inline constexpr Function<Result(Device, unsigned*, unsigned*, unsigned*, unsigned*)> remapped_rows{"nvmlDeviceGetRemappedRows"};  // correctable, uncorrectable, pending, failed
// Asked for the number alone.
inline constexpr Function<Result(Device, int, unsigned*, unsigned long long*)> retired_pages{"nvmlDeviceGetRetiredPages"};
inline constexpr Function<Result(Device, int*)> retirement_pending{"nvmlDeviceGetRetiredPagesPendingStatus"};
inline constexpr Function<Result(Device, int, int, unsigned long long*)> ecc_errors{"nvmlDeviceGetTotalEccErrors"};
inline constexpr Function<Result(Device, unsigned long long*)> clock_event_reasons{"nvmlDeviceGetCurrentClocksEventReasons"};
inline constexpr Function<Result(Device, unsigned long long*)> clock_throttle_reasons{"nvmlDeviceGetCurrentClocksThrottleReasons"};  // its older name
inline constexpr Function<Result(Device, int, unsigned*)> temperature_threshold{"nvmlDeviceGetTemperatureThreshold"};
inline constexpr Function<Result(Device, unsigned*)> pcie_width{"nvmlDeviceGetCurrPcieLinkWidth"};
inline constexpr Function<Result(Device, unsigned*)> pcie_width_most{"nvmlDeviceGetMaxPcieLinkWidth"};
inline constexpr Function<Result(Device, unsigned*)> pcie_generation{"nvmlDeviceGetCurrPcieLinkGeneration"};
inline constexpr Function<Result(Device, unsigned*)> pcie_generation_most{"nvmlDeviceGetMaxPcieLinkGeneration"};
inline constexpr Function<Result(Device, int*)> persistence_mode{"nvmlDeviceGetPersistenceMode"};
inline constexpr Function<Result(Device, int, unsigned*)> clock{"nvmlDeviceGetClockInfo"};  // MHz
inline constexpr Function<Result(EventSet*)> create_event_set{"nvmlEventSetCreate"};
inline constexpr Function<Result(EventSet)> free_event_set{"nvmlEventSetFree"};
inline constexpr Function<Result(Device, unsigned long long, EventSet)> register_events{"nvmlDeviceRegisterEvents"};
inline constexpr Function<Result(EventSet, EventData*, unsigned)> wait_for_event{"nvmlEventSetWait_v2"};  // ms
// clang-format on

}  // namespace mnist::nvml
