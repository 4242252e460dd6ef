// A library with NVML's symbols, which tells what a test wants.
#include "machine/stand_in_nvml.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <span>

using namespace mnist::nvml;

namespace {

mnist::StandInNvml start() {
  mnist::StandInNvml state;
  if (const char* const file = std::getenv("MNIST_STAND_IN_NVML"))
    mnist::read_stand_in_nvml(file, state);
  return state;
}

// Of `state` the mutex guards what calls change.
mnist::StandInNvml state = start();
std::mutex mutex;
std::condition_variable changed;

// The handle of each of state.uuids is its place here.
std::array<char, 64> handles;
constexpr std::size_t none = handles.size();

Device handle_of(std::size_t place) { return reinterpret_cast<Device>(&handles[place]); }
std::size_t place_of(Device device) {
  const auto place = static_cast<std::size_t>(reinterpret_cast<char*>(device) - handles.data());
  return place < state.uuids.size() ? place : none;
}
bool is_part(std::size_t place) { return state.uuids[place].starts_with("MIG-"); }

[[maybe_unused]] std::vector<std::size_t> gpus() {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < state.uuids.size(); ++place)
    if (!is_part(place)) places.push_back(place);
  return places;
}

[[maybe_unused]] std::vector<std::size_t> parts_of(std::size_t gpu) {
  std::vector<std::size_t> parts;
  for (std::size_t place = gpu + 1; place < state.uuids.size() && is_part(place); ++place)
    parts.push_back(place);
  return parts;
}

// The result of this call of `symbol`, which is counted.
Result called(const std::string& symbol) {
  std::unique_lock lock(mutex);
  const unsigned before = state.calls[symbol]++;
  if (state.hang == symbol && before >= state.hang_after)
    changed.wait(lock, [] { return state.hang.empty(); });
  const bool later = before > 0 && state.results_later.contains(symbol);
  const auto& results = later ? state.results_later : state.results;
  const auto result = results.find(symbol);
  return result == results.end() ? Result::success : Result{result->second};
}

[[maybe_unused]] bool called_before(const std::string& symbol) {
  const std::lock_guard lock(mutex);
  return state.calls.contains(symbol);
}

// Fills `value` where the test lets `symbol` succeed, and with nonsense where it does not.
template <class Value>
Result answer(const std::string& symbol, Device device, Value* value, Value truth,
              Value nonsense = Value(99)) {
  if (place_of(device) == none) return Result{2};
  const Result result = called(symbol);
  *value = result == Result::success ? truth : nonsense;
  return result;
}

// The same, of what a part of a GPU does not know.
template <class Value>
Result answer_of_whole(const std::string& symbol, Device device, Value* value, Value truth,
                       Value nonsense = Value(99)) {
  const std::size_t place = place_of(device);
  if (place == none || !is_part(place)) return answer(symbol, device, value, truth, nonsense);
  *value = nonsense;
  return Result::not_supported;
}

[[maybe_unused]] Result answer_text(const std::string& symbol, const std::string& truth, char* text,
                                    unsigned size) {
  if (truth.size() >= size) return Result::insufficient_size;
  const Result result = called(symbol);
  std::strcpy(text, result == Result::success ? truth.c_str() : "nonsense");
  return result;
}

}  // namespace

extern "C" {

mnist::StandInNvml* stand_in_nvml() { return &state; }
void stand_in_nvml_release() {
  std::unique_lock lock(mutex);
  state.hang.clear();
  changed.notify_all();
  changed.wait(lock, [] { return state.opened == 0; });
}

Result nvmlInit_v2() {
  const Result result = called("nvmlInit_v2");
  const std::lock_guard lock(mutex);
  if (result == Result::success) ++state.opened;
  return result;
}
Result nvmlShutdown() {
  called("nvmlShutdown");
  const std::lock_guard lock(mutex);
  --state.opened;
  changed.notify_all();
  return Result::success;
}
Result nvmlDeviceGetHandleByUUID(const char* id, Device* device) {
  const auto found = std::ranges::find(state.uuids, id);
  if (found == state.uuids.end()) return Result{6};
  const std::size_t place = static_cast<std::size_t>(found - state.uuids.begin());
  return answer("nvmlDeviceGetHandleByUUID", handle_of(place), device, handle_of(place), Device{});
}

#ifdef MNIST_WHOLE_NVML
const char* nvmlErrorString(Result result) {
  return result == Result{18} ? "Driver/library version mismatch" : "Another error";
}
Result nvmlSystemGetDriverVersion(char* version, unsigned size) {
  return answer_text("nvmlSystemGetDriverVersion", state.driver, version, size);
}

// Which GPUs there are, and which parts of them.
Result nvmlDeviceGetCount_v2(unsigned* count) {
  const Result result = called("nvmlDeviceGetCount_v2");
  *count = static_cast<unsigned>(gpus().size());
  return result;
}
Result nvmlDeviceGetHandleByIndex_v2(unsigned index, Device* device) {
  if (index >= gpus().size()) return Result{2};
  const Device truth = handle_of(gpus()[index]);
  return answer("nvmlDeviceGetHandleByIndex_v2", truth, device, truth, Device{});
}
Result nvmlDeviceGetUUID(Device device, char* text, unsigned size) {
  if (place_of(device) == none) return Result{2};
  return answer_text("nvmlDeviceGetUUID", state.uuids[place_of(device)], text, size);
}
Result nvmlDeviceGetName(Device device, char* text, unsigned size) {
  if (place_of(device) == none) return Result{2};
  return answer_text("nvmlDeviceGetName", state.name, text, size);
}
Result nvmlDeviceGetMigMode(Device device, unsigned* now, unsigned* after_reset) {
  if (place_of(device) == none) return Result{2};
  *after_reset = 0;
  return answer_of_whole("nvmlDeviceGetMigMode", device, now,
                         parts_of(place_of(device)).empty() ? 0u : 1u);
}
// Every second place is empty.
Result nvmlDeviceGetMaxMigDeviceCount(Device device, unsigned* count) {
  if (place_of(device) == none) return Result{2};
  return answer_of_whole("nvmlDeviceGetMaxMigDeviceCount", device, count,
                         static_cast<unsigned>(parts_of(place_of(device)).size() * 2));
}
Result nvmlDeviceGetMigDeviceHandleByIndex(Device device, unsigned index, Device* part) {
  if (place_of(device) == none) return Result{2};
  const std::vector<std::size_t> parts = parts_of(place_of(device));
  if (index % 2 == 0 || index / 2 >= parts.size()) return Result{6};
  return answer("nvmlDeviceGetMigDeviceHandleByIndex", device, part, handle_of(parts[index / 2]),
                Device{});
}
Result nvmlDeviceGetDeviceHandleFromMigDeviceHandle(Device part, Device* whole) {
  std::size_t place = place_of(part);
  if (place == none || !is_part(place)) return Result{2};
  while (place > 0 && is_part(place)) --place;
  return answer("nvmlDeviceGetDeviceHandleFromMigDeviceHandle", part, whole, handle_of(place),
                Device{});
}

// What it does.
Result nvmlDeviceGetUtilizationRates(Device device, Utilization* rates) {
  return answer_of_whole<Utilization>("nvmlDeviceGetUtilizationRates", device, rates,
                                      {state.utilization, 3}, {99, 99});
}
Result nvmlDeviceGetMemoryInfo(Device device, Memory* bytes) {
  const unsigned long long used = state.memory_used + state.memory_reserved;
  return answer<Memory>("nvmlDeviceGetMemoryInfo", device, bytes,
                        {79'000'000'000 + used, 79'000'000'000, used}, {9, 9, 9});
}
Result nvmlDeviceGetTemperature(Device device, int sensor, unsigned* celsius) {
  return answer_of_whole("nvmlDeviceGetTemperature", device, celsius,
                         sensor == 0 ? state.temperature : 95);
}
Result nvmlDeviceGetPowerUsage(Device device, unsigned* milliwatts) {
  return answer_of_whole("nvmlDeviceGetPowerUsage", device, milliwatts, 76'500u);
}
Result nvmlDeviceGetEnforcedPowerLimit(Device device, unsigned* milliwatts) {
  return answer_of_whole("nvmlDeviceGetEnforcedPowerLimit", device, milliwatts, 700'000u);
}
Result nvmlDeviceGetEccMode(Device device, int* now, int* after_reset) {
  *after_reset = state.ecc == 0 ? 1 : 0;
  return answer_of_whole("nvmlDeviceGetEccMode", device, now, static_cast<int>(state.ecc), 1);
}
Result nvmlDeviceGetComputeMode(Device device, ComputeMode* mode) {
  return answer_of_whole("nvmlDeviceGetComputeMode", device, mode,
                         ComputeMode{static_cast<int>(state.compute_mode)}, ComputeMode{2});
}
#ifdef MNIST_OLD_NVML
Result nvmlDeviceGetComputeRunningProcesses(Device device, unsigned* count, void* list) {
#else
Result nvmlDeviceGetComputeRunningProcesses_v3(Device device, unsigned* count, void* list) {
#endif
  if (*count != 0 || list != nullptr) return Result{2};
  const Result result =
      answer("nvmlDeviceGetComputeRunningProcesses", device, count, state.processes);
  return result == Result::success && *count > 0 ? Result::insufficient_size : result;
}
Result nvmlDeviceGetClockInfo(Device device, int clock, unsigned* megahertz) {
  return answer_of_whole("nvmlDeviceGetClockInfo", device, megahertz, clock == 1 ? 1980u : 2619u);
}
#ifdef MNIST_OLD_NVML
Result nvmlDeviceGetCurrentClocksThrottleReasons(Device device, unsigned long long* reasons) {
#else
Result nvmlDeviceGetMemoryInfo_v2(Device device, Memory_v2* bytes) {
  if (bytes->version != Memory_v2{}.version) return Result{25};
  Memory_v2 truth;
  truth.free = 79'000'000'000;
  truth.reserved = state.memory_reserved;
  truth.used = state.memory_used;
  truth.total = truth.free + truth.reserved + truth.used;
  return answer("nvmlDeviceGetMemoryInfo_v2", device, bytes, truth, {9, 9, 9, 9, 9});
}
Result nvmlDeviceGetCurrentClocksEventReasons(Device device, unsigned long long* reasons) {
#endif
  return answer_of_whole("nvmlDeviceGetCurrentClocksEventReasons", device, reasons, state.reasons);
}

// How it is.
Result nvmlDeviceGetFieldValues(Device device, int count, FieldValue* values) {
  if (place_of(device) == none || count < 1) return Result{2};
  if (const Result result = called("nvmlDeviceGetFieldValues"); result != Result::success)
    return result;
  for (FieldValue& field : std::span(values, static_cast<std::size_t>(count))) {
    const std::string symbol = "field." + std::to_string(field.field);
    const bool later = called_before(symbol) && state.recovery_action_later;
    const unsigned truth = field.field == 82 ? state.memory_temperature
                           : later           ? *state.recovery_action_later
                                             : state.recovery_action;
    field.result = answer_of_whole(symbol, device, &field.value, truth);
    if (field.field != 82 && field.field != 230) field.result = Result::not_supported;
  }
  return Result::success;
}
Result nvmlDeviceGetRemappedRows(Device device, unsigned* correctable, unsigned* uncorrectable,
                                 unsigned* pending, unsigned* failed) {
  const std::string symbol = "nvmlDeviceGetRemappedRows";
  const bool later = called_before(symbol) && !state.remapped_later.empty();
  const std::vector<unsigned>& truth = later ? state.remapped_later : state.remapped;
  *uncorrectable = truth.at(1);
  *pending = truth.at(2);
  *failed = truth.at(3);
  return answer_of_whole(symbol, device, correctable, truth.at(0));
}
Result nvmlDeviceGetRetiredPages(Device device, int cause, unsigned* count,
                                 unsigned long long* addresses) {
  if (*count != 0 || addresses != nullptr) return Result{2};
  const Result result = answer_of_whole("nvmlDeviceGetRetiredPages", device, count,
                                        state.retired.at(static_cast<std::size_t>(cause)));
  return result == Result::success && *count > 0 ? Result::insufficient_size : result;
}
Result nvmlDeviceGetRetiredPagesPendingStatus(Device device, int* pending) {
  return answer_of_whole("nvmlDeviceGetRetiredPagesPendingStatus", device, pending,
                         static_cast<int>(state.retirement_pending), 1);
}
Result nvmlDeviceGetTotalEccErrors(Device device, int kind, int counter,
                                   unsigned long long* errors) {
  const std::string symbol = "nvmlDeviceGetTotalEccErrors";
  const bool later = called_before(symbol) && state.double_bit_errors_later;
  const unsigned long long truth = later ? *state.double_bit_errors_later : state.double_bit_errors;
  return answer_of_whole(symbol, device, errors, kind == 1 && counter == 0 ? truth : 12345);
}
Result nvmlDeviceGetTemperatureThreshold(Device device, int threshold, unsigned* celsius) {
  const unsigned truth = threshold == 1   ? state.slowdown_temperature
                         : threshold == 2 ? state.memory_max_temperature
                                          : 12345;
  return answer_of_whole("nvmlDeviceGetTemperatureThreshold", device, celsius, truth);
}
Result nvmlDeviceGetCurrPcieLinkWidth(Device device, unsigned* width) {
  return answer_of_whole("nvmlDeviceGetCurrPcieLinkWidth", device, width, state.width);
}
Result nvmlDeviceGetMaxPcieLinkWidth(Device device, unsigned* width) {
  return answer_of_whole("nvmlDeviceGetMaxPcieLinkWidth", device, width, state.width_most);
}
Result nvmlDeviceGetCurrPcieLinkGeneration(Device device, unsigned* generation) {
  return answer_of_whole("nvmlDeviceGetCurrPcieLinkGeneration", device, generation,
                         state.generation);
}
Result nvmlDeviceGetMaxPcieLinkGeneration(Device device, unsigned* generation) {
  return answer_of_whole("nvmlDeviceGetMaxPcieLinkGeneration", device, generation,
                         state.generation_most);
}
Result nvmlDeviceGetPersistenceMode(Device device, int* mode) {
  return answer_of_whole("nvmlDeviceGetPersistenceMode", device, mode,
                         static_cast<int>(state.persistence));
}

// Events.
Result nvmlEventSetCreate(EventSet* set) {
  const Result result = called("nvmlEventSetCreate");
  const std::lock_guard lock(mutex);
  *set = reinterpret_cast<EventSet>(handles.data());
  if (result == Result::success) ++state.event_sets;
  return result;
}
Result nvmlEventSetFree(EventSet set) {
  const std::lock_guard lock(mutex);
  if (set != reinterpret_cast<EventSet>(handles.data())) return Result{2};
  --state.event_sets;
  return Result::success;
}
Result nvmlDeviceRegisterEvents(Device device, unsigned long long types, EventSet set) {
  if (set != reinterpret_cast<EventSet>(handles.data()) || types != 8) return Result{2};
  int registered = 0;
  return answer_of_whole("nvmlDeviceRegisterEvents", device, &registered, 1);
}
Result nvmlEventSetWait_v2(EventSet set, EventData* event, unsigned milliseconds) {
  if (!set) std::abort();
  if (set != reinterpret_cast<EventSet>(handles.data()) || milliseconds != 0) return Result{2};
  if (const Result result = called("nvmlEventSetWait_v2"); result != Result::success) return result;
  const std::lock_guard lock(mutex);
  if (state.xid.empty()) return Result{10};
  *event = {handle_of(0), 8, state.xid.front(), ~0u, ~0u};
  state.xid.erase(state.xid.begin());
  return Result::success;
}
#endif
}
