// A result read back from its JSON, which is what the process of one GPU hands to the one that
// tries them all.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// What a report on several GPUs renders again of each: verdict, checks, steps, rounds, accuracy,
// loss, parameters, images a second, bandwidth, of the timings the total, of the health its load
// and samples, and of its devices name, memory and driver. Throws Error(failed) where `json` is not
// a result that to_json() made.
RunResult read_result(const std::string& json);

// The result of its process with the verdict of `run`, which knows how the process ended, too;
// where there is none that can be read, what `run` itself says.
RunResult result_of(const GpuRun& run);

}  // namespace mnist
