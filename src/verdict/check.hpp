// One thing that a run looked at, and what came of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/verdict.hpp"

namespace mnist {

// `unknown`: it could not be looked at, or not well enough; neither a pass nor a failure.
enum class Outcome { passed, warned, failed, unknown };

// "passed", "warned", "failed", "unknown".
std::string_view name_of(Outcome outcome);

struct Check {
  std::string group;  // what it belongs to: "device", "health", "numbers", "bandwidth", "training"
  std::string name;   // "row remapping"
  Outcome outcome = Outcome::unknown;
  // The code that it ends a run with where it failed, or, where it warned, would under --strict;
  // of a pass, `passed`.
  ExitCode code = ExitCode::passed;
  std::string found;   // what was found and what was expected, or why it is unknown; one line
  std::string remedy;  // what to do; empty where there is nothing to be done
  double seconds = 0;  // that it took, where that tells something
};

// The remedy for a device that computes wrongly, or not the same twice.
inline constexpr std::string_view faulty_device_remedy =
    "take this device out of use until its vendor's diagnostics pass (NVIDIA: dcgmi diag -r 3)";

// The remedy where a container had its GPUs and has them no more: the host's systemd made its
// control group anew.
inline constexpr std::string_view lost_devices_remedy =
    "restart the container, and give it its GPUs through CDI: systemctl daemon-reload on the host "
    "takes them away otherwise";

// --strict: with every warning a failure.
std::vector<Check> with_warnings_as_failures(std::vector<Check> checks);

// The verdict of the failed check that ranks first: hardware (20), wrong numbers (30), not
// reproducible (32), accuracy (31), thresholds (21), then any other, each in the order of `checks`.
// Nothing where none failed.
std::optional<Verdict> verdict_of(const std::vector<Check>& checks);

}  // namespace mnist
