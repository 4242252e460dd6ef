// Small pieces of work whose numbers do not depend on the order in which a device adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace mnist {

// One probe, and how well a device has to agree on it.
struct NumberCase {
  std::string_view name;
  double tolerance = 0;  // of a value, as a share of it: 0 means exactly
  std::vector<std::uint32_t> batch;
  TrainingState state;
};

// What is tried on one engine.
struct NumberTrial {
  std::string name;
  EngineConfig config;
  Dataset images;
  std::vector<NumberCase> cases;
};

// Whole numbers: every factor, sum and result is a small whole number (times a power of two), which
// floats hold exactly, and TF32 the factors. The logits lie so far apart that softmax is 0 or 1.
//
// Many sizes: sums of terms that all have the same sign, so that nothing cancels. Then a result is
// as accurate, relative to itself, as what went into it, whatever the order of its sum: n terms
// make it wrong by at most n * 2^-24 of it. And no rectifier or maximum hangs on rounding: what
// goes into them is whole numbers again, of a small unit. 0 stays 0.
//
// FP32: the longest chain of sums, in lenet from the logits down to the gradients of the first
// weights, has less than 6,000 terms, so that two engines differ by less than 7.2e-4.
// TF32: a factor is wrong by up to 2^-10, since hardware may cut it off. A logit, which is below
// 1.5, is made of at most 6 such factors, so that a probability is wrong by less than 1.8e-2 of it;
// with 6 factors more between it and any gradient, a result is wrong by less than 2.4e-2.
inline constexpr double fp32_tolerance = 1e-3;
inline constexpr double tf32_tolerance = 3e-2;

// "products" and "convolutions" in both, and "training step", the network `model`, in many sizes.
// The same numbers on every machine.
std::vector<NumberTrial> number_trials(std::string_view model, Precision precision);

}  // namespace mnist
