// The result in a few lines, for Kubernetes to keep with the pod's status.
#pragma once

#include <cstddef>
#include <string>

#include "report/result.hpp"

namespace mnist {

inline constexpr std::size_t most_termination_bytes = 4000;  // Kubernetes keeps 4096

// "verdict: failed", "code: 10", and so on; what is too long is cut where a character ends.
std::string termination_message(const RunResult& result);

}  // namespace mnist
