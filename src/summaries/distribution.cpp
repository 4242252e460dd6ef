#include "summaries/distribution.hpp"

#include <algorithm>
#include <cmath>

namespace mnist {
namespace {

// Values that are looked at side by side, each with sums of its own, so that no addition waits for
// the one before it.
constexpr std::size_t lanes = 16;

void add_moments(std::span<const float> values, Distribution& to) {
  std::array<float, lanes> min;
  std::array<float, lanes> max;
  std::array<double, lanes> sum{};
  std::array<double, lanes> sum_of_squares{};
  min.fill(values.front());
  max.fill(values.front());
  const auto look_at = [&](float value, std::size_t lane) {
    min[lane] = value < min[lane] ? value : min[lane];
    max[lane] = value > max[lane] ? value : max[lane];
    sum[lane] += double{value};
    sum_of_squares[lane] += double{value} * double{value};
  };
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) look_at(values[i + lane], lane);
  for (; i < values.size(); ++i) look_at(values[i], 0);

  to.min = *std::ranges::min_element(min);
  to.max = *std::ranges::max_element(max);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    to.sum += sum[lane];
    to.sum_of_squares += sum_of_squares[lane];
  }
}

void count_into_buckets(std::span<const float> values, Distribution& to) {
  constexpr std::size_t bucket_count = Distribution::bucket_count;
  constexpr auto last = static_cast<float>(bucket_count - 1);
  const float low = to.min;
  const float buckets_a_unit = static_cast<float>(bucket_count) / (to.max - to.min);
  const auto bucket_of = [&](float value) {
    const float place = (value - low) * buckets_a_unit;
    // In this form a place that is not a number, as where all values are one, is the first.
    const float above = place > 0 ? place : 0;
    return static_cast<std::int32_t>(above < last ? above : last);
  };
  // Counters are what takes the time, so a counter is for a pair of values. There are two sets,
  // since one that was just written is slow to read again.
  constexpr std::size_t row = 32;
  std::array<std::array<std::uint32_t, row * row>, 2> pairs{};
  std::size_t i = 0;
  for (; i + 2 * lanes <= values.size(); i += 2 * lanes) {
    std::array<std::int32_t, lanes> pair;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      pair[lane] = bucket_of(values[i + lane]) * static_cast<std::int32_t>(row) +
                   bucket_of(values[i + lanes + lane]);
    for (std::size_t lane = 0; lane < lanes; ++lane)
      ++pairs[lane % 2][static_cast<std::size_t>(pair[lane])];
  }
  for (; i < values.size(); ++i) ++to.buckets[static_cast<std::size_t>(bucket_of(values[i]))];
  for (const auto& set : pairs)
    for (std::size_t one = 0; one < bucket_count; ++one)
      for (std::size_t other = 0; other < bucket_count; ++other) {
        to.buckets[one] += set[one * row + other];
        to.buckets[other] += set[one * row + other];
      }
}

}  // namespace

double Distribution::standard_deviation() const {
  // Rounding may leave less than nothing where all values are one.
  return std::sqrt(std::max(0.0, sum_of_squares / static_cast<double>(count) - mean() * mean()));
}

Distribution distribution_of(std::span<const float> values) {
  Distribution distribution{.count = values.size()};
  add_moments(values, distribution);
  count_into_buckets(values, distribution);
  return distribution;
}

}  // namespace mnist
