// What to think of a run that came to its end.
#pragma once

#include <optional>
#include <vector>

#include "options.hpp"
#include "report/result.hpp"
#include "verdict/check.hpp"

namespace mnist {

// As --strict has it, where that was given.
std::vector<Check> held_to(const Options& options, std::vector<Check> checks);

// Whether the final accuracy is what was asked for, and what any device reaches that computes
// rightly: a check of the group "training".
Check judge_accuracy(const Options& options, const RunResult& result);

// Of a run none of whose checks failed: what its pass is worth. `gpu` is the one that it used.
Verdict verdict_of_pass(const Options& options, const RunResult& result,
                        const std::optional<Gpu>& gpu);

}  // namespace mnist
