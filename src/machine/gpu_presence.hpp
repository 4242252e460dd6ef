// Whether an NVIDIA GPU is to be seen here, whatever state it is in.
#pragma once

#include <optional>
#include <string>

#include "machine/machine.hpp"

namespace mnist {

// What shows that there is one ("/dev/nvidia0", "PCI device 0000:65:00.0",
// "NVIDIA_VISIBLE_DEVICES=GPU-..."), or nothing where none is to be seen.
std::optional<std::string> nvidia_gpu_evidence(const Machine& machine);

}  // namespace mnist
