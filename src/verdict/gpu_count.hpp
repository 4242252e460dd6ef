// Whether there are as many GPUs as somebody expected.
#pragma once

#include <cstddef>
#include <vector>

#include "machine/gpu.hpp"
#include "verdict/check.hpp"

namespace mnist {

// A check of the group "device". Fewer than expected fail as no GPU does. More are a warning, with
// the code `failed`: nothing is missing or broken where a pod that asked for no GPU sees all.
Check judge_gpu_count(const std::vector<Gpu>& found, std::size_t expected);

}  // namespace mnist
