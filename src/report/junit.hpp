// The result as JUnit XML, which CI systems show as tests.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// One test case a check, of the class "mnist-demo.GROUP", and one of the class "mnist-demo" for the
// verdict: a failed one has a failure, whose type is the exit code, one that is unknown is skipped,
// and one that warned passes and says so in its output. Each GPU of several has a suite of its
// own, and its UUID in place of "mnist-demo".
std::string to_junit(const RunResult& result);

}  // namespace mnist
