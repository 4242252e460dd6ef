// A library with NVML's symbols, which tells what a test wants.
#include "machine/stand_in_nvml.hpp"

#include <cstring>

using namespace mnist::nvml;

namespace {

mnist::StandInNvml state;
char the_gpu;

Device handle() { return reinterpret_cast<Device>(&the_gpu); }

// Fills `value` where the test lets `symbol` succeed, and with nonsense where it does not.
template <class Value>
Result answer(const char* symbol, Device device, Value* value, Value truth, Value nonsense) {
  if (device != handle()) return Result{2};
  const auto result = state.results.find(symbol);
  *value = result == state.results.end() ? truth : nonsense;
  return result == state.results.end() ? Result::success : Result{result->second};
}

}  // namespace

extern "C" {

mnist::StandInNvml* stand_in_nvml() { return &state; }

Result nvmlInit_v2() {
  if (state.results.contains("nvmlInit_v2")) return Result{state.results["nvmlInit_v2"]};
  ++state.opened;
  return Result::success;
}
Result nvmlShutdown() {
  --state.opened;
  return Result::success;
}
Result nvmlDeviceGetHandleByUUID(const char* uuid, Device* device) {
  if (!state.uuids.contains(uuid)) return Result{6};
  *device = handle();
  return Result::success;
}

#ifdef MNIST_WHOLE_NVML
const char* nvmlErrorString(Result result) {
  return result == Result{18} ? "Driver/library version mismatch" : "Another error";
}
Result nvmlSystemGetDriverVersion(char* version, unsigned size) {
  if (state.results.contains("nvmlSystemGetDriverVersion")) return Result{3};
  std::strncpy(version, "580.65.06", size);
  return Result::success;
}
Result nvmlDeviceGetUtilizationRates(Device device, Utilization* rates) {
  return answer<Utilization>("nvmlDeviceGetUtilizationRates", device, rates, {7, 3}, {99, 99});
}
Result nvmlDeviceGetMemoryInfo(Device device, Memory* bytes) {
  return answer<Memory>("nvmlDeviceGetMemoryInfo", device, bytes,
                        {80'000'000'000, 79'000'000'000, 1'000'000'000}, {9, 9, 9});
}
Result nvmlDeviceGetTemperature(Device device, int sensor, unsigned* celsius) {
  return answer<unsigned>("nvmlDeviceGetTemperature", device, celsius, sensor == 0 ? 31 : 95, 99);
}
Result nvmlDeviceGetPowerUsage(Device device, unsigned* milliwatts) {
  return answer<unsigned>("nvmlDeviceGetPowerUsage", device, milliwatts, 76'500, 99);
}
Result nvmlDeviceGetEnforcedPowerLimit(Device device, unsigned* milliwatts) {
  return answer<unsigned>("nvmlDeviceGetEnforcedPowerLimit", device, milliwatts, 700'000, 99);
}
Result nvmlDeviceGetEccMode(Device device, int* now, int* after_reset) {
  *after_reset = state.ecc_after_reset;
  return answer("nvmlDeviceGetEccMode", device, now, state.ecc_now, 1);
}
Result nvmlDeviceGetComputeMode(Device device, ComputeMode* mode) {
  return answer("nvmlDeviceGetComputeMode", device, mode, state.compute_mode, ComputeMode{2});
}
#ifdef MNIST_OLD_NVML
Result nvmlDeviceGetComputeRunningProcesses(Device device, unsigned* count, void* list) {
#else
Result nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count, void* list) {
#endif
  if (*count != 0 || list != nullptr) return Result{2};
  const Result result =
      answer("nvmlDeviceGetComputeRunningProcesses", device, count, state.processes, 99u);
  return result == Result::success && *count > 0 ? Result::insufficient_size : result;
}
#endif
}
