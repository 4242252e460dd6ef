// The parameters that training starts from.
#pragma once

#include <cstdint>
#include <vector>

#include "network/network.hpp"

namespace mnist {

// plan.parameter_count values in the plan's order, the same bytes on every machine and for every
// engine.
std::vector<float> initial_parameters(const NetworkPlan& plan, std::uint64_t seed);

// The inverse of the standard normal distribution function, for probabilities in (0, 1), to about
// 1e-15 of its value: algorithm AS 241 (Wichura 1988). Uses +, -, *, / and square roots only, which
// IEEE 754 fixes to the last bit, and not the library's log, which differs between processors.
double inverse_normal(double probability);

}  // namespace mnist
