// What the runs on several GPUs say, each for itself and all together.
#pragma once

#include <vector>

#include "report/result.hpp"

namespace mnist {

// A check of the group "device" for each run, with the code, evidence and remedy of its own, or
// what it warned of. Where all were told to end, for `ended`, that is unknown of those that did so,
// and why those failed that hung. And one of the group "numbers" for each kind of GPU (of one name
// and driver): whether all runs on it came to the same parameters. Where most did, the others are
// at fault; else nobody knows which, and all are named. Unknown where fewer than two came to any,
// and left out where none was to.
std::vector<Check> compare_gpus(const std::vector<GpuRun>& runs, ExitCode ended = ExitCode::passed);

}  // namespace mnist
