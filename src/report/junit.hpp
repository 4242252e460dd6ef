// The result as JUnit XML, which CI systems show as tests.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// One test case a check, and one for the verdict: a failed one has a failure, one that is unknown
// is skipped, and one that warned passes and says so in its output.
std::string to_junit(const RunResult& result);

}  // namespace mnist
