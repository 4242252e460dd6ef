// From readings of a GPU to what they say of its health.
#pragma once

#include <vector>

#include "machine/gpu.hpp"
#include "machine/gpu_health.hpp"
#include "verdict/check.hpp"

namespace mnist {

// A check for each fact, in a fixed order, of the group "health". What is unknown stays unknown;
// what needs load is unknown where the GPU was used for less than `least_load_seconds`.
std::vector<Check> judge_health(const HealthRecord& record);
inline constexpr double least_load_seconds = 2;

// Whether others use the GPU, as read before the run: a check of the group "device" (busy).
Check judge_other_users(const Gpu& gpu);

}  // namespace mnist
