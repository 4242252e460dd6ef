#include "verdict/bandwidth.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace mnist {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Case {
  Rate rate;
  std::optional<double> least;
  bool passes;
  const char* found;  // with the unit's place marked
};

const Case cases[] = {
    {{26.31, 31.5}, std::nullopt, true, "26.31 U of 31.5 U promised"},
    {{26.31, std::nullopt}, std::nullopt, true, "26.31 U"},
    {{26.31, 31.5}, 20, true, "26.31 U of 31.5 U promised, at least 20 U asked for"},
    {{20, std::nullopt}, 20, true, "20 U, at least 20 U asked for"},
    {{19.99, std::nullopt}, 20, false, "19.99 U, at least 20 U asked for"},
    {{0, 31.5}, std::nullopt, false, "0 U of 31.5 U promised"},
    {{-1, std::nullopt}, std::nullopt, false, "-1 U"},
    {{infinity, std::nullopt}, std::nullopt, false, "inf U"},
    {{not_a_number, std::nullopt}, std::nullopt, false, "nan U"},
    {{not_a_number, std::nullopt}, 20, false, "nan U, at least 20 U asked for"},
    {{0, std::nullopt}, 0, false, "0 U, at least 0 U asked for"},
};

struct Place {
  Rate Bandwidth::*rate;
  std::optional<double> BandwidthLimits::*limit;
  const char* name;
  const char* unit;
  const char* flag;
};

const Place places[] = {
    {&Bandwidth::host_to_device_gbps, &BandwidthLimits::host_to_device_gbps, "host to device",
     "GB/s", "--min_h2d"},
    {&Bandwidth::device_to_device_gbps, &BandwidthLimits::device_to_device_gbps, "device to device",
     "GB/s", "--min_d2d"},
    {&Bandwidth::product_tflops, &BandwidthLimits::product_tflops, "matrix product", "TFLOP/s",
     "--min_tflops"},
};

std::string with_unit(std::string text, const std::string& unit) {
  for (std::size_t at = 0; (at = text.find('U', at)) != text.npos; at += unit.size())
    text.replace(at, 1, unit);
  return text;
}

TEST(BandwidthVerdict, OfEachRateIsOfItsOwnLimit) {
  for (std::size_t number = 0; number < std::size(places); ++number)
    for (const Case& row : cases) {
      const Place& place = places[number];
      SCOPED_TRACE(std::string(place.name) + ": " + row.found);
      Bandwidth bandwidth{{1, {}}, {1, {}}, {1, {}}};
      BandwidthLimits limits;
      bandwidth.*place.rate = row.rate;
      limits.*place.limit = row.least;
      const std::vector<Check> checks = judge_bandwidth(bandwidth, limits);
      ASSERT_EQ(checks.size(), std::size(places));
      for (std::size_t other = 0; other < checks.size(); ++other)
        EXPECT_EQ(checks[other].outcome,
                  other != number || row.passes ? Outcome::passed : Outcome::failed);
      const Check& check = checks[number];
      EXPECT_EQ(check.group, "bandwidth");
      EXPECT_EQ(check.name, place.name);
      EXPECT_EQ(check.code, row.passes ? ExitCode::passed : ExitCode::health_threshold);
      EXPECT_EQ(check.found, with_unit(row.found, place.unit));
      EXPECT_EQ(check.remedy.empty(), row.passes);
    }
}

TEST(BandwidthVerdict, SaysWhichFlagAsksForLess) {
  for (const Place& place : places) {
    Bandwidth bandwidth{{1, {}}, {1, {}}, {1, {}}};
    BandwidthLimits limits;
    limits.*place.limit = 2;
    for (const Check& check : judge_bandwidth(bandwidth, limits)) {
      if (check.outcome != Outcome::failed) continue;
      EXPECT_THAT(check.remedy, EndsWith(std::string("ask for less (") + place.flag + ")"));
    }
    (bandwidth.*place.rate).measured = 0;
    for (const Check& check : judge_bandwidth(bandwidth, limits))
      EXPECT_THAT(check.remedy, testing::Not(HasSubstr("ask for less")))
          << "there is nothing less than nothing";
  }
}

}  // namespace
}  // namespace mnist
