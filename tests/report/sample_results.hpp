// Results for tests of how they are shown: of a run of which all is known, and of odd ones.
#pragma once

#include <string>
#include <vector>

#include "report/result.hpp"

namespace mnist {

// A check of each outcome.
std::vector<Check> sample_checks();

// Half a second on a GPU, under load from the second sample on.
HealthRecord sample_health();

// Everything but several GPUs.
RunResult full_result();

// The second GPU's process left no result.
RunResult two_gpu_result();

// Text that no format takes as it is: quotes, brackets, line feeds, bytes that are no UTF-8.
extern const std::string hostile_text;

// `hostile_text` wherever text may stand, and numbers that are not finite.
RunResult hostile_result();

}  // namespace mnist
