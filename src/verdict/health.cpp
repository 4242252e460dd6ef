#include "verdict/health.hpp"

#include <utility>

#include "verdict/health_checks.hpp"

namespace mnist {
namespace health {
namespace {

Check check(std::string name, Outcome outcome, ExitCode code, std::string found,
            std::string remedy) {
  return {"health", std::move(name), outcome, code, std::move(found), std::move(remedy)};
}

}  // namespace

Check passed(std::string name, std::string found) {
  return check(std::move(name), Outcome::passed, ExitCode::passed, std::move(found), "");
}
Check unknown(std::string name, std::string why, std::string remedy) {
  return check(std::move(name), Outcome::unknown, ExitCode::passed, std::move(why),
               std::move(remedy));
}
Check warned(std::string name, std::string found, std::string remedy) {
  return check(std::move(name), Outcome::warned, ExitCode::health_threshold, std::move(found),
               std::move(remedy));
}
Check failed(std::string name, std::string found, std::string remedy) {
  return check(std::move(name), Outcome::failed, ExitCode::hardware_fault, std::move(found),
               std::move(remedy));
}
Check untold(std::string name, const HealthRecord& record) {
  return unknown(std::move(name), !record.absence.empty() ? "NVML cannot be asked"
                                  : record.unanswered     ? "NVML did not come back"
                                                          : "NVML does not tell");
}

}  // namespace health

std::vector<Check> judge_health(const HealthRecord& record) {
  return {health::reachability(record),       health::recovery_action(record),
          health::row_remapping(record),      health::retired_pages(record),
          health::double_bit_errors(record),  health::xids(record),
          health::clock_slowdowns(record),    health::temperature(record),
          health::memory_temperature(record), health::pcie_width(record),
          health::pcie_generation(record)};
}

}  // namespace mnist
