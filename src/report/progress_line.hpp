// How far a training has come, as one line of a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mnist {

struct TrainingProgress {
  std::uint64_t steps = 0;                   // done
  std::optional<std::uint64_t> total_steps;  // nothing where it is a time that ends the training
  double share = 0;                          // of the training that is done, 0 to 1
  std::optional<double> accuracy;            // where it was evaluated last
  std::optional<double> images_per_second;
  std::optional<double> seconds_left;
};

struct TextStyle {
  bool color = false;
  bool unicode = false;
};

// In fewer than `columns` columns, so that no terminal wraps it: what matters most where not all
// has room, and a bar only where there is plenty.
std::string progress_line(const TrainingProgress& progress, int columns, const TextStyle& style);

}  // namespace mnist
