#include "report/accuracy_plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "report/formatted.hpp"

namespace mnist {
namespace {

constexpr int rows = 8;
constexpr int rows_a_label = 2;
constexpr int most_columns = 60;
constexpr int fewest_columns = 16;
constexpr int label_columns = 6;  // "1.00 |"

// A grid of dots, of which a character shows some.
class Canvas {
 public:
  Canvas(int columns, int dots_across, int dots_down)
      : columns_(columns),
        across_(dots_across),
        down_(dots_down),
        dots_(static_cast<std::size_t>(width() * height())) {}

  int width() const { return columns_ * across_; }
  int height() const { return rows * down_; }

  // From the left, from above.
  void draw_line(int from_x, int from_y, int to_x, int to_y) {
    const int count = std::max({std::abs(to_x - from_x), std::abs(to_y - from_y), 1});
    for (int i = 0; i <= count; ++i) {
      const auto between = [&](int from, int to) {
        return from + static_cast<int>(std::lround(double(to - from) * i / count));
      };
      dots_[index(between(from_x, to_x), between(from_y, to_y))] = true;
    }
  }

  bool dot(int x, int y) const { return dots_[index(x, y)]; }

 private:
  std::size_t index(int x, int y) const { return static_cast<std::size_t>(y * width() + x); }

  int columns_;
  int across_;
  int down_;
  std::vector<bool> dots_;
};

// Unicode 2800 to 28FF: a bit for each of 2 x 4 dots, in an order that has grown.
std::string braille(const Canvas& canvas, int column, int row) {
  constexpr unsigned bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  unsigned pattern = 0;
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 2; ++x)
      if (canvas.dot(2 * column + x, 4 * row + y)) pattern |= bits[y][x];
  if (pattern == 0) return " ";
  return {'\xe2', static_cast<char>(0xa0 | pattern >> 6), static_cast<char>(0x80 | (pattern & 63))};
}

// What the axis begins with: a curve that is high all along is looked at more closely.
double lowest_label(const std::vector<CurvePoint>& curve) {
  const double least = std::ranges::min(curve, {}, &CurvePoint::accuracy).accuracy;
  for (const double bottom : {0.8, 0.6})
    if (least >= bottom) return bottom;
  return 0;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::vector<std::string> accuracy_plot(const std::vector<CurvePoint>& curve, int columns,
                                       bool unicode) {
  const int width = std::min(columns - 1 - label_columns, most_columns);
  if (curve.size() < 2 || curve.back().step == curve.front().step || width < fewest_columns)
    return {};
  Canvas canvas(width, unicode ? 2 : 1, unicode ? 4 : 1);
  const double bottom = lowest_label(curve);
  const std::uint64_t first = curve.front().step;
  const std::uint64_t last = curve.back().step;
  const auto x_of = [&](const CurvePoint& point) {
    const double share =
        static_cast<double>(point.step - first) / static_cast<double>(last - first);
    return static_cast<int>(std::lround(share * (canvas.width() - 1)));
  };
  const auto y_of = [&](const CurvePoint& point) {
    const double share = (1 - point.accuracy) / (1 - bottom);
    return std::min(static_cast<int>(share * canvas.height()), canvas.height() - 1);
  };
  for (std::size_t i = 1; i < curve.size(); ++i)
    canvas.draw_line(x_of(curve[i - 1]), y_of(curve[i - 1]), x_of(curve[i]), y_of(curve[i]));

  std::vector<std::string> lines{"Accuracy on the test images"};
  for (int row = 0; row < rows; ++row) {
    const bool labelled = row % rows_a_label == 0;
    std::string line = labelled ? formatted("%.2f ", 1 - (1 - bottom) * row / rows) : "     ";
    line += unicode ? (labelled ? "\u2524" : "\u2502") : (labelled ? "+" : "|");
    for (int column = 0; column < width; ++column)
      line += unicode ? braille(canvas, column, row) : canvas.dot(column, row) ? "*" : " ";
    lines.push_back(trimmed(line));
  }
  std::string axis = formatted("%.2f ", bottom) + (unicode ? "\u2514" : "+");
  for (int column = 0; column < width; ++column) axis += unicode ? "\u2500" : "-";
  lines.push_back(axis);
  const std::string from = "step " + std::to_string(first);
  const std::string to = std::to_string(last);
  const int between = std::max(width - static_cast<int>(from.size() + to.size()), 1);
  lines.push_back(std::string(label_columns, ' ') + from +
                  std::string(static_cast<std::size_t>(between), ' ') + to);
  return lines;
}

}  // namespace mnist
