// What many numbers are like.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mnist {

struct Distribution {
  static constexpr std::size_t bucket_count = 30;

  std::size_t count = 0;
  float min = 0;
  float max = 0;
  double sum = 0;
  double sum_of_squares = 0;
  // From min to max in steps of the same width, each with its upper end.
  std::array<std::uint32_t, bucket_count> buckets{};

  double mean() const { return sum / static_cast<double>(count); }
  double standard_deviation() const;
};

// Of at least one value. What is not a number is in the first bucket.
Distribution distribution_of(std::span<const float> values);

}  // namespace mnist
