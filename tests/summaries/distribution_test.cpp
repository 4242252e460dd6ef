// What is said of many numbers, against one pass in double precision.
#include "summaries/distribution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "patterned_images.hpp"

namespace mnist {
namespace {

using testing::Each;

std::vector<float> values_of(std::size_t count) {
  std::vector<float> values;
  // Of 247 steps none is at a limit between two of 30 buckets, where rounding would decide.
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(pattern_byte(count, 1, i) % 248) * 0.37f - 20);
  values.front() = -20;
  if (count > 1) values.back() = 247 * 0.37f - 20;
  return values;
}

// Of every length that fills a loop's last round, or does not.
TEST(Distribution, IsThatOfTheValues) {
  for (const std::size_t count : {1u, 2u, 15u, 16u, 17u, 31u, 32u, 33u, 47u, 64u, 1000u, 65'537u}) {
    const std::vector<float> values = values_of(count);
    const Distribution found = distribution_of(values);
    const auto [min, max] = std::ranges::minmax(values);
    EXPECT_EQ(found.count, count);
    EXPECT_EQ(found.min, min);
    EXPECT_EQ(found.max, max);

    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    double deviations = 0;
    std::array<std::uint32_t, Distribution::bucket_count> buckets{};
    for (const float value : values) {
      squares += double{value} * value;
      deviations += (value - mean) * (value - mean);
      const double place = (double{value} - min) / (double{max} - min) * Distribution::bucket_count;
      if (max > min)
        ++buckets[std::min<std::size_t>(static_cast<std::size_t>(place), buckets.size() - 1)];
    }
    EXPECT_NEAR(found.sum, sum, 1e-9 * squares);
    EXPECT_NEAR(found.sum_of_squares, squares, 1e-9 * squares);
    EXPECT_NEAR(found.mean(), mean, 1e-9 * squares);
    EXPECT_NEAR(found.standard_deviation(), std::sqrt(deviations / static_cast<double>(count)),
                1e-6);
    if (max > min) {
      EXPECT_EQ(found.buckets, buckets) << count;
    }
    EXPECT_EQ(std::accumulate(found.buckets.begin(), found.buckets.end(), 0u), count);
  }
}

TEST(Distribution, OfOneValueIsInOneBucket) {
  const Distribution found = distribution_of(std::vector<float>(100, 0.1f));
  EXPECT_EQ(found.min, 0.1f);
  EXPECT_EQ(found.max, 0.1f);
  EXPECT_EQ(found.standard_deviation(), 0);
  EXPECT_EQ(found.buckets.front(), 100u);
}

TEST(Distribution, CountsWhatIsNotFinite) {
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()})
    for (const std::size_t place : {0u, 1u, 40u, 99u}) {
      std::vector<float> values = values_of(100);
      values[place] = odd;
      const Distribution found = distribution_of(values);
      EXPECT_EQ(std::accumulate(found.buckets.begin(), found.buckets.end(), 0u), 100u);
      EXPECT_FALSE(std::isfinite(found.mean()));
    }
}

}  // namespace
}  // namespace mnist
