// What the end of a process that tried a GPU, and what it wrote, say of that GPU.
#pragma once

#include <string>

#include "base/child_process.hpp"
#include "report/result.hpp"

namespace mnist {

// `json` is all that it wrote to its standard output, `last_line` the last of its log. A pass is
// only what says so in both ways: by its exit status and in a result that can be read.
GpuRun gpu_run(const Gpu& gpu, const ChildEnd& end, const std::string& json,
               const std::string& last_line);

}  // namespace mnist
