// The shapes of handwritten digits as pen strokes, and the text file that lists them.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "base/shape.hpp"

namespace mnist {

struct Point {
  float x = 0;  // to the right
  float y = 0;  // down
};

// A point that the pen passes through.
struct Knot {
  Point at;             // in the unit box
  bool corner = false;  // the pen turns here; elsewhere the curve is smooth
};

// From pen down to pen up: two knots at least.
using Stroke = std::vector<Knot>;

// One way of writing a digit; chosen among its digit's with a chance in proportion to its weight.
struct Allograph {
  unsigned weight = 1;
  std::vector<Stroke> strokes;
};

// The ways of writing each digit, one at least.
using Alphabet = std::array<std::vector<Allograph>, class_count>;

// Reads the format that the head of data/strokes.txt describes. Throws Error(bug) that names the
// line where the text does not keep to it.
Alphabet parse_strokes(std::string_view text);

// Appends to `curve` points along the smooth curve through a stroke's knots, the first knot and the
// last included, `steps` a span between two knots.
void trace(const Stroke& stroke, int steps, std::vector<Point>& curve);

}  // namespace mnist
