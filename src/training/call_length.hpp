// How many steps the next call of the engine has.
#pragma once

#include <algorithm>
#include <cstddef>

namespace mnist {

// A run can end between two calls only, so that calls are to be short; each waits for the device
// once, so that they are to be long. They come to a tenth of a second, as measured; the first has
// one step, since nobody knows how long it takes, and none has more than `most`.
class CallLength {
 public:
  explicit CallLength(std::size_t most) : most_(most) {}

  std::size_t steps() const { return steps_; }

  // A call of `steps` took this long.
  void took(std::size_t steps, double seconds) {
    const double fitting = seconds_a_call * static_cast<double>(steps) / std::max(seconds, 1e-9);
    const std::size_t grown = std::min(steps_ * most_growth, most_);
    steps_ = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::min(fitting, static_cast<double>(grown))));
  }

 private:
  static constexpr double seconds_a_call = 0.1;
  static constexpr std::size_t most_growth = 10;  // from a call that was short by accident

  std::size_t most_;
  std::size_t steps_ = 1;
};

}  // namespace mnist
