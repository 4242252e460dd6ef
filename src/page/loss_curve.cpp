#include "page/loss_curve.hpp"

#include <algorithm>

namespace mnist {
namespace {

LossCurve::Point joined(const LossCurve::Point& one, const LossCurve::Point& next) {
  const auto weight = [](const LossCurve::Point& point) {
    return point.mean * static_cast<double>(point.steps);
  };
  const std::uint64_t steps = one.steps + next.steps;
  return {.first = one.first,
          .steps = steps,
          .mean = (weight(one) + weight(next)) / static_cast<double>(steps),
          .least = std::min(one.least, next.least),
          .most = std::max(one.most, next.most)};
}

}  // namespace

void LossCurve::add(float loss) {
  const std::uint64_t step = points_.empty() ? 0 : points_.back().first + points_.back().steps;
  const Point one{.first = step, .steps = 1, .mean = loss, .least = loss, .most = loss};
  if (!points_.empty() && points_.back().steps < steps_a_point_) {
    points_.back() = joined(points_.back(), one);
    return;
  }
  if (points_.size() == most_points) halve();
  points_.push_back(one);
}

void LossCurve::halve() {
  static_assert(most_points % 2 == 0);
  for (std::size_t i = 0; i < points_.size() / 2; ++i)
    points_[i] = joined(points_[2 * i], points_[2 * i + 1]);
  points_.resize(points_.size() / 2);
  steps_a_point_ *= 2;
}

}  // namespace mnist
