// The result for programs to read.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// One JSON object and a line feed. Every field is always there; what is absent or not finite is
// null.
std::string to_json(const RunResult& result);

}  // namespace mnist
