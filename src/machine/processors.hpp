// The processors: their name, and how many threads this process can run at once.
#pragma once

#include <string>

#include "machine/machine.hpp"

namespace mnist {

// The processors that the process may run on, or what its control groups' processor quota comes
// to, rounded up, where that is less. At least 1.
int usable_processors(const Machine& machine);

// As Linux has it: "AMD EPYC 7763 64-Core Processor"; "CPU" where it does not say.
std::string processor_name(const Machine& machine);

}  // namespace mnist
