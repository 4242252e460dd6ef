// Checks for people to read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verdict/check.hpp"

namespace mnist {

// "row remapping failed: 1 row is pending; reset the GPU". That a check warned goes without saying
// in a warning.
std::string check_line(const Check& check);

// What could not be judged, and why: "Not judged: temperature, clocks (the GPU was used for 0.1 s;
// --soak 10 would); seccomp (...)". Nothing where all was.
std::optional<std::string> not_judged_line(const std::vector<Check>& checks);

}  // namespace mnist
