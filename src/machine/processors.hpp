// How many threads this process can run at once.
#pragma once

#include "machine/machine.hpp"

namespace mnist {

// The processors that the process may run on, or what its control groups' processor quota comes
// to, rounded up, where that is less. At least 1.
int usable_processors(const Machine& machine);

}  // namespace mnist
