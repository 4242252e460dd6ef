// What the stand-in for NVML tells, and what it was asked.
#pragma once

#include <map>
#include <set>
#include <string>

#include "machine/nvml_functions.hpp"

namespace mnist {

struct StandInNvml {
  std::set<std::string> uuids{"GPU-1", "MIG-2"};  // that it knows
  std::map<std::string, int> results;             // by symbol; success where there is none
  int opened = 0;                                 // init() less shutdown()
  int ecc_now = 1;
  int ecc_after_reset = 0;
  nvml::ComputeMode compute_mode = nvml::ComputeMode::shared;
  unsigned processes = 2;
};

}  // namespace mnist
