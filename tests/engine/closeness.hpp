// Compares what an engine computed in floats with what it should be.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace mnist {

// Engines sum floats, up to some thousands of them, in an order of their own. Rounding makes each
// sum wrong by about sqrt(terms) * 6e-8 of the largest values that went in (4e-6 at 4,000 terms),
// and layers in a row add a little; a wrong formula is wrong by far more than this.
inline constexpr double rounding = 2e-5;

// Whether no value is off by more than `tolerance` times the largest value expected, plus `noise`.
template <class Found, class Expected>
testing::AssertionResult close_to(const Found& found, const Expected& expected,
                                  double tolerance = rounding, double noise = 0) {
  if (std::size(found) != std::size(expected))
    return testing::AssertionFailure()
           << std::size(found) << " values, not " << std::size(expected);
  double largest = 0;
  for (const auto value : expected) largest = std::max<double>(largest, std::abs(value));
  for (std::size_t i = 0; i < std::size(found); ++i) {
    const double difference = std::abs(double{found[i]} - double{expected[i]});
    if (!(difference <= tolerance * largest + noise))
      return testing::AssertionFailure()
             << "value " << i << " is " << found[i] << ", not " << expected[i] << ": off by "
             << difference / largest << " of the largest";
  }
  return testing::AssertionSuccess();
}

}  // namespace mnist
