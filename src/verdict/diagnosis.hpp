// From what a library of NVIDIA's answered, and what was looked up, to cause and remedy.
#pragma once

#include "machine/evidence.hpp"
#include "machine/gpu_failure.hpp"
#include "verdict/verdict.hpp"

namespace mnist {

// Depends on nothing else: the same facts give the same verdict. Its cause is what is wrong in a
// few words ("a GPU that was not passed into this container"), more specific than its code's.
Verdict diagnose(const GpuFailureFacts& failure, const Evidence& evidence);

}  // namespace mnist
