// The functions of NVML that are called, declared here because its header seldom is installed; a
// test holds these declarations to the header's own.
#pragma once

namespace mnist::nvml {

enum class Result : int { success = 0, insufficient_size = 7 };

using Device = struct DeviceOfNvml*;

struct Utilization {
  unsigned gpu = 0;
  unsigned memory = 0;
};

struct Memory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};

enum class ComputeMode : int {
  shared = 0,
  exclusive_thread = 1,
  prohibited = 2,
  exclusive_process = 3,
};

constexpr int gpu_sensor = 0;
constexpr unsigned version_size = 80;  // with the terminating zero

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
// clang-format on

}  // namespace mnist::nvml
