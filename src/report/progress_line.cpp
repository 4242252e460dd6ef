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

// "59,985".
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
  // Each has as much room as it may come to need, so that nothing jumps.
  struct Field {
    std::string text;
    std::size_t room;
    int rank;  // by which they get it
  };
  std::string steps = std::to_string(progress.steps);
  if (progress.total_steps) {
    const std::string total = std::to_string(*progress.total_steps);
    steps = std::string(total.size() - std::min(steps.size(), total.size()), ' ') + steps + " of " +
            total;
  }
  std::vector<Field> fields{{"step " + steps, 0, 0}};
  if (progress.accuracy) fields.push_back({formatted("accuracy %.4f", *progress.accuracy), 0, 2});
  fields.push_back(
      {progress.images_per_second ? with_thousands(*progress.images_per_second) + " images/s" : "",
       16, 3});
  fields.push_back({progress.seconds_left ? time_left(*progress.seconds_left) : "", 15, 1});

  constexpr std::size_t gap = 2;
  std::size_t room = static_cast<std::size_t>(std::max(columns - 1, 0)) + gap;
  std::vector<Field> by_rank = fields;
  std::ranges::sort(by_rank, {}, &Field::rank);
  std::array<bool, 4> shown{};
  for (const Field& field : by_rank) {
    const std::size_t wanted = std::max(field.text.size(), field.room) + gap;
    if (wanted > room) continue;
    room -= wanted;
    shown[static_cast<std::size_t>(field.rank)] = !field.text.empty();
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
