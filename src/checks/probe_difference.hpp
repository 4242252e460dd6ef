// Two probes of the same batch, value by value.
#pragma once

#include <cmath>
#include <optional>
#include <string>

#include "engine/engine.hpp"
#include "network/network.hpp"

namespace mnist {

// Whether `found` is off by no more than that share of `expected`: 0 and -0 are the same number,
// and one that is not finite is off by more than any share.
inline bool agrees(float found, float expected, double tolerance) {
  return std::isfinite(expected) &&
         std::abs(double{found} - double{expected}) <= tolerance * std::abs(double{expected});
}

// Says which value is the first that does not agree, in the order in which they are computed, what
// it is and should be, and how many do not; or which are missing. Nothing where all agree.
std::optional<std::string> difference(const Probe& found, const Probe& expected,
                                      const NetworkPlan& network, double tolerance);

// How many values a probe has.
std::size_t value_count(const Probe& probe);

}  // namespace mnist
