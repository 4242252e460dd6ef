// The result for people to read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/result.hpp"

namespace mnist {

// The shortest decimal that reads back as `value`, without an exponent: "0.922", not "0.9220".
std::string shortest_decimal(double value);
std::string shortest_decimal(float value);

// "Accuracy at step 10: 0.7457"
std::string accuracy_line(std::uint64_t step, double accuracy);

// The data set, device, final accuracy and loss, images a second, rounds, rates, how the GPU fared
// under load, what came of each GPU, what was not judged, and where the time went: what is known of
// them.
std::vector<std::string> closing_lines(const RunResult& result);

}  // namespace mnist
