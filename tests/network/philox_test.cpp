#include "base/philox.hpp"

#include <gmock/gmock.h>

#include <set>
#include <utility>

namespace mnist {
namespace {

using testing::ElementsAre;

// The generator takes its counter as an index (words 0 and 1), a stream (word 2) and a purpose
// (word 3), and its key as a seed.
RandomBlock philox_of_words(std::uint32_t counter0, std::uint32_t counter1, std::uint32_t counter2,
                            std::uint32_t counter3, std::uint32_t key0, std::uint32_t key1) {
  return philox((std::uint64_t{key1} << 32) | key0, static_cast<RandomPurpose>(counter3), counter2,
                (std::uint64_t{counter1} << 32) | counter0);
}

// The known answers that its authors publish with Random123 (kat_vectors, philox4x32 of 10 rounds).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_THAT(philox_of_words(0, 0, 0, 0, 0, 0).word,
              ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  constexpr std::uint32_t ones = 0xffffffffu;
  EXPECT_THAT(philox_of_words(ones, ones, ones, ones, ones, ones).word,
              ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(
      philox_of_words(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u)
          .word,
      ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST(Philox, GivesOtherBitsForOtherSeedsPurposesStreamsAndIndices) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  const auto see = [&](const RandomBlock& block) {
    EXPECT_TRUE(seen.insert({block.word[0], block.word[1]}).second);
  };
  constexpr std::uint64_t high = std::uint64_t{1} << 32;
  see(philox(0, RandomPurpose::dropout, 0, 0));
  see(philox(1, RandomPurpose::dropout, 0, 0));
  see(philox(high, RandomPurpose::dropout, 0, 0));
  see(philox(0, RandomPurpose::initial_values, 0, 0));
  see(philox(0, RandomPurpose::sample_order, 0, 0));
  see(philox(0, RandomPurpose::dropout, 1, 0));
  see(philox(0, RandomPurpose::dropout, 0, 1));
  see(philox(0, RandomPurpose::dropout, 0, high));
}

}  // namespace
}  // namespace mnist
