#include "network/dropout.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace mnist {
namespace {

constexpr std::uint32_t block_count = 20000;

std::vector<bool> kept_values(std::uint64_t seed, std::uint32_t step, std::uint32_t layer,
                              float keep) {
  std::vector<bool> kept;
  for (std::uint32_t block = 0; block < block_count; ++block) {
    const RandomBlock bits = dropout_bits(seed, step, layer, block);
    for (int place = 0; place < dropout_values_per_block; ++place)
      kept.push_back(dropout_keeps(bits, place, dropout_threshold(keep)));
  }
  return kept;
}

double fraction_set(const std::vector<bool>& values) {
  std::size_t count = 0;
  for (const bool value : values) count += value;
  return static_cast<double>(count) / static_cast<double>(values.size());
}

// The deviation of a fraction of 160,000 draws is at most 0.00125; five of them are allowed.
constexpr double five_deviations = 0.00625;

TEST(Dropout, KeepsTheFractionAskedFor) {
  for (const float keep : {0.1f, 0.5f, 0.9f})
    EXPECT_NEAR(fraction_set(kept_values(0, 0, 0, keep)), keep, five_deviations);
}

TEST(Dropout, KeepsEachPlaceOfABlockAlike) {
  const std::vector<bool> kept = kept_values(0, 0, 0, 0.5f);
  for (std::size_t place = 0; place < dropout_values_per_block; ++place) {
    std::size_t count = 0;
    for (std::size_t i = place; i < kept.size(); i += dropout_values_per_block) count += kept[i];
    // Of 20,000 draws: deviation 0.0035.
    EXPECT_NEAR(static_cast<double>(count) / block_count, 0.5, 0.0177) << "place " << place;
  }
}

TEST(Dropout, KeepsEverythingAtOne) {
  EXPECT_EQ(dropout_threshold(1), 65536u);
  EXPECT_TRUE(dropout_keeps({{0xffffffffu, 0, 0, 0}}, 1, dropout_threshold(1)));
  EXPECT_EQ(fraction_set(kept_values(0, 0, 0, 1)), 1);
}

TEST(Dropout, RoundsKeepToTheNearestPartIn65536) {
  EXPECT_EQ(dropout_threshold(0.5f), 32768u);
  EXPECT_EQ(dropout_threshold(0.9f), 58982u);  // 58982.4
  EXPECT_EQ(dropout_threshold(0.7f), 45875u);  // 45875.2
  EXPECT_EQ(dropout_threshold(0.25f + 0.6f / 65536), 16385u);
}

TEST(Dropout, ReadsTheLowHalfOfEachWordFirst) {
  const RandomBlock bits{{0x0001'0000u, 0x0000'0001u, 0xffff'0001u, 0x0001'ffffu}};
  constexpr bool expected[]{true, false, false, true, false, false, false, false};
  for (int place = 0; place < 8; ++place)
    EXPECT_EQ(dropout_keeps(bits, place, 1), expected[place]) << "place " << place;
}

// Two independent masks of a half agree in a half of the places.
TEST(Dropout, DrawsAnewForEachSeedStepAndLayer) {
  const std::vector<bool> kept = kept_values(0, 0, 0, 0.5f);
  EXPECT_EQ(kept, kept_values(0, 0, 0, 0.5f));
  const std::vector<bool> others[]{kept_values(1, 0, 0, 0.5f), kept_values(0, 1, 0, 0.5f),
                                   kept_values(0, 0, 1, 0.5f)};
  for (const std::vector<bool>& other : others) {
    std::vector<bool> same;
    for (std::size_t i = 0; i < kept.size(); ++i) same.push_back(kept[i] == other[i]);
    EXPECT_NEAR(fraction_set(same), 0.5, five_deviations);
  }
}

}  // namespace
}  // namespace mnist
