// The loss of every step of a training, in few enough points to be drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnist {

class LossCurve {
 public:
  // Steps `first`, `first` + 1, ...
  struct Point {
    std::uint64_t first = 0;
    std::uint64_t steps = 0;
    double mean = 0;
    float least = 0;
    float most = 0;
  };

  static constexpr std::size_t most_points = 1000;

  // The next step's.
  void add(float loss);

  // Each of as many steps as the others, but for the last, which may be of fewer: one, as long as
  // no more than most_points were added.
  const std::vector<Point>& points() const { return points_; }

 private:
  void halve();

  std::uint64_t steps_a_point_ = 1;
  std::vector<Point> points_;
};

}  // namespace mnist
