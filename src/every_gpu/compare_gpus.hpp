// What the runs on several GPUs say, each for itself and all together.
#pragma once

#include <vector>

#include "report/result.hpp"

namespace mnist {

// A check of the group "device" for each run, with the code, evidence and remedy of its own; unknown
// where it ended because all were told to, which was for `ended`. And one of the group "numbers" for each kind of GPU (of one name and driver): whether all runs on it
// came to the same parameters. Where most did, the others are at fault; else nobody knows which,
// and all are named. Unknown where fewer than two came to any.
std::vector<Check> compare_gpus(const std::vector<GpuRun>& runs,
                                ExitCode ended = ExitCode::passed);

}  // namespace mnist
