#include "report/progress_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "report/formatted.hpp"

namespace mnist {
namespace {

constexpr std::size_t longest_bar = 24;
constexpr std::size_t shortest_bar = 8;

// "59 985 images/s" would break where a terminal does; "59,985 images/s".
std::string with_thousands(double number) {
  std::string digits = formatted("%.0f", number);
  for (std::size_t place = digits.size(); place > 3;) digits.insert(place -= 3, ",");
  return digits;
}

// "8 s left", "3 min 20 s left", "2 h 5 min left".
std::string time_left(double seconds) {
  const double whole = std::ceil(seconds);
  if (whole < 60) return formatted("%.0f s left", whole);
  const double minutes = std::floor(whole / 60);
  if (minutes < 60)
    return formatted("%.0f min ", minutes) + formatted("%.0f s left", whole - 60 * minutes);
  const double hours = std::floor(minutes / 60);
  return formatted("%.0f h ", hours) + formatted("%.0f min left", minutes - 60 * hours);
}

std::string repeated(const char* text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

std::string bar(double share, std::size_t columns, const TextStyle& style) {
  const auto done =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns));
  const std::string full = repeated(style.unicode ? "\u2501" : "#", done);
  const std::string rest = repeated(style.unicode ? "\u2500" : "-", columns - done);
  return style.color ? "\x1b[36m" + full + "\x1b[39;2m" + rest + "\x1b[22m" : full + rest;
}

}  // namespace

std::string progress_line(const TrainingProgress& progress, int columns, const TextStyle& style) {
  struct Field {
    std::string text;
    int rank;  // by which they get room
  };
  std::vector<Field> fields;
  const std::string steps = std::to_string(progress.steps);
  fields.push_back({progress.total_steps
                        ? "step " + steps + " of " + std::to_string(*progress.total_steps)
                        : "step " + steps,
                    0});
  if (progress.accuracy) fields.push_back({formatted("accuracy %.4f", *progress.accuracy), 2});
  if (progress.images_per_second)
    fields.push_back({with_thousands(*progress.images_per_second) + " images/s", 3});
  if (progress.seconds_left) fields.push_back({time_left(*progress.seconds_left), 1});

  constexpr std::size_t gap = 2;
  std::size_t room = static_cast<std::size_t>(std::max(columns - 1, 0)) + gap;
  std::array<bool, 4> shown{};
  for (int rank = 0; rank < 4; ++rank)
    for (const Field& field : fields)
      if (field.rank == rank && field.text.size() + gap <= room) {
        room -= field.text.size() + gap;
        shown[static_cast<std::size_t>(rank)] = true;
      }
  std::string line;
  if (room >= shortest_bar + gap)
    line = bar(progress.share, std::min(room - gap, longest_bar), style);
  for (const Field& field : fields) {
    if (!shown[static_cast<std::size_t>(field.rank)]) continue;
    if (!line.empty()) line += std::string(gap, ' ');
    line += field.text;
  }
  return line;
}

}  // namespace mnist
