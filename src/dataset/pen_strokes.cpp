#include "dataset/pen_strokes.hpp"

#include <charconv>
#include <cstddef>
#include <string>

#include "base/error.hpp"

namespace mnist {
namespace {

// The part of `text` up to `separator`, which both are taken off `text`.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

// Knows the line it is at, for messages.
class StrokeParser {
 public:
  Alphabet parse(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = take(text, '\n');
      ++line_number_;
      if (line.starts_with("digit "))
        begin_allograph(line);
      else if (!line.empty() && !line.starts_with('#'))
        add_stroke(line);
    }
    end_allograph();
    for (const std::vector<Allograph>& digit : alphabet_)
      if (digit.empty()) fail("a digit without a way of writing it");
    return alphabet_;
  }

 private:
  void begin_allograph(std::string_view line) {
    end_allograph();
    take(line, ' ');
    const unsigned digit = number(take(line, ' '));
    if (digit >= class_count) fail("a digit that is not 0 to 9");
    if (take(line, ' ') != "weight") fail("no weight");
    const unsigned weight = number(line);
    if (weight == 0) fail("a weight of 0");
    alphabet_[digit].push_back({.weight = weight, .strokes = {}});
    allograph_ = &alphabet_[digit].back();
  }

  void end_allograph() const {
    if (allograph_ && allograph_->strokes.empty()) fail("a digit without a stroke before it");
  }

  void add_stroke(std::string_view line) {
    if (!allograph_) fail("a stroke before the first digit");
    Stroke stroke;
    while (!line.empty()) {
      std::string_view knot = take(line, ' ');
      const bool corner = knot.ends_with('*');
      if (corner) knot.remove_suffix(1);
      const float x = static_cast<float>(number(take(knot, ','))) / 100;
      const float y = static_cast<float>(number(knot)) / 100;
      stroke.push_back({{x, y}, corner});
    }
    if (stroke.size() < 2) fail("a stroke of fewer than two points");
    allograph_->strokes.push_back(stroke);
  }

  unsigned number(std::string_view word) const {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size())
      fail(std::string(word).append(": not a whole number"));
    return value;
  }

  [[noreturn]] void fail(const std::string& found) const {
    throw Error(ExitCode::bug,
                "the pen strokes, line " + std::to_string(line_number_) + ": " + found,
                "mend data/strokes.txt and build again");
  }

  Alphabet alphabet_;
  Allograph* allograph_ = nullptr;
  int line_number_ = 0;
};

}  // namespace

Alphabet parse_strokes(std::string_view text) { return StrokeParser().parse(text); }

// A Catmull-Rom spline (Catmull and Rom 1974): the slope at a knot is half the way from the knot
// before it to the knot after it. At a corner and at the ends it is half the way to the neighbour.
void trace(const Stroke& stroke, int steps, std::vector<Point>& curve) {
  curve.push_back(stroke[0].at);
  for (std::size_t i = 0; i + 1 < stroke.size(); ++i) {
    const Point from = stroke[i].at;
    const Point to = stroke[i + 1].at;
    const Point before = i > 0 && !stroke[i].corner ? stroke[i - 1].at : from;
    const Point after = i + 2 < stroke.size() && !stroke[i + 1].corner ? stroke[i + 2].at : to;
    for (int step = 1; step <= steps; ++step) {
      const float t = static_cast<float>(step) / static_cast<float>(steps);
      const auto blend = [t](float a, float b, float c, float d) {
        return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
      };
      curve.push_back(
          {blend(before.x, from.x, to.x, after.x), blend(before.y, from.y, to.y, after.y)});
    }
  }
}

}  // namespace mnist
