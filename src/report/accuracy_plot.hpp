// The accuracy curve as a few lines of text.
#pragma once

#include <string>
#include <vector>

#include "report/result.hpp"

namespace mnist {

// Eight rows and their axes, with the step from left to right; at most 67 columns wide and less
// than `columns`. In Unicode's braille, which has eight dots a character, or in ASCII. Nothing
// where there is no curve (fewer than two points) or no room for one.
std::vector<std::string> accuracy_plot(const std::vector<CurvePoint>& curve, int columns,
                                       bool unicode);

}  // namespace mnist
