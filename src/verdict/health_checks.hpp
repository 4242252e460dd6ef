// The parts of judge_health(): a check for each fact.
#pragma once

#include <optional>
#include <string>

#include "machine/gpu_health.hpp"
#include "verdict/check.hpp"

namespace mnist::health {

// What NVML says of the GPU itself: what is wrong there is a fault of the hardware.
Check reachability(const HealthRecord& record);
Check recovery_action(const HealthRecord& record);
Check row_remapping(const HealthRecord& record);
Check retired_pages(const HealthRecord& record);
Check double_bit_errors(const HealthRecord& record);
Check xids(const HealthRecord& record);

// What the samples show: a warning at most. All but the width tell something under load alone.
Check clock_slowdowns(const HealthRecord& record);
Check temperature(const HealthRecord& record);
Check memory_temperature(const HealthRecord& record);
Check pcie_width(const HealthRecord& record);
Check pcie_generation(const HealthRecord& record);

// How a fact came out.
Check passed(std::string name, std::string found);
Check unknown(std::string name, std::string why, std::string remedy = "");
Check warned(std::string name, std::string found, std::string remedy);
Check failed(std::string name, std::string found, std::string remedy);
// Of a fact that NVML did not tell.
Check untold(std::string name, const HealthRecord& record);

// As it is now, else as it was before the run: good to find a fault, but not to find none.
template <class Value>
std::optional<Value> latest(const HealthRecord& record, std::optional<Value> GpuHealth::*fact) {
  return record.after.*fact ? record.after.*fact : record.before.*fact;
}

}  // namespace mnist::health
