// What the stand-in for NVML tells, and what it was asked.
//
// A test in the same process changes what fresh_stand_in_nvml() gives. For one that runs a program,
// the file that the variable MNIST_STAND_IN_NVML names is read when the library is loaded: lines
// such as
//   uuid=GPU-1                             any number of them, in the order of `uuids`
//   result.nvmlDeviceGetRemappedRows=3     any number of them; see `results`
//   result_later.nvmlDeviceGetPowerUsage=15
//   remapped=0 600 0 1                     and so on: each field of StandInNvml by its own name
// A file that cannot be read or understood ends the process.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/nvml_functions.hpp"

namespace mnist {

// As it is at first: a GPU in good health that nobody uses. What is named `_later` is told, where
// it is set, from the second time on that it is asked for.
struct StandInNvml {
  // GPUs, each before its parts; a GPU that has parts is in MIG mode.
  std::vector<std::string> uuids{"GPU-1"};
  std::string name = "NVIDIA H100 80GB HBM3";
  std::string driver = "580.65.06";
  // By symbol, or "field.82"; success where there is none.
  std::map<std::string, int> results;
  std::map<std::string, int> results_later;

  // Who uses it.
  unsigned processes = 0;
  unsigned utilization = 0;  // percent
  unsigned long long memory_used = 4 << 20;
  unsigned long long memory_reserved = 600 << 20;
  unsigned compute_mode = 0;

  // Its health.
  unsigned recovery_action = 0;
  std::optional<unsigned> recovery_action_later;
  std::vector<unsigned> remapped{0, 0, 0, 0};  // correctable, uncorrectable, pending, failed
  std::vector<unsigned> remapped_later;
  std::vector<unsigned> retired{0, 0};  // after single-bit errors, after a double-bit error
  unsigned retirement_pending = 0;
  unsigned long long double_bit_errors = 0;
  std::optional<unsigned long long> double_bit_errors_later;
  unsigned long long reasons = 0;  // of clock events
  unsigned temperature = 31;
  unsigned slowdown_temperature = 87;
  unsigned memory_temperature = 40;
  unsigned memory_max_temperature = 95;
  unsigned width = 16;
  unsigned width_most = 16;
  unsigned generation = 5;
  unsigned generation_most = 5;
  unsigned ecc = 1;
  unsigned persistence = 1;
  std::vector<unsigned> xid;  // told one after the other, as soon as somebody waits for them

  // The symbol of the function that does not come back, and how often it does before.
  std::string hang;
  unsigned hang_after = 0;

  // What it was asked.
  int opened = 0;  // init() less shutdown()
  int event_sets = 0;
  std::map<std::string, unsigned> calls;  // by symbol
};

// What the stand-in in a file tells, as it is at first: to be changed while nobody asks the
// library.
StandInNvml& fresh_stand_in_nvml(const char* library);
// Ends a hang, and waits until nobody has the library open.
void release_stand_in_nvml(const char* library);

// For the library itself. Changes `state` as the file says; throws std::runtime_error.
void read_stand_in_nvml(const char* file, StandInNvml& state);

}  // namespace mnist
