#include "dataset/sample_order.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mnist {
namespace {

using Indices = std::vector<std::uint32_t>;

// The first epochs of a set of `samples`, one epoch after the other.
std::vector<Indices> epochs(std::uint64_t seed, std::size_t samples, std::size_t count) {
  const Indices order = SampleOrder(seed, samples, 1).batches(0, samples * count);
  std::vector<Indices> result;
  for (auto first = order.begin(); first != order.end();
       first += static_cast<std::ptrdiff_t>(samples))
    result.emplace_back(first, first + static_cast<std::ptrdiff_t>(samples));
  return result;
}

TEST(SampleOrder, TakesEachSampleOnceAnEpochInAnotherOrder) {
  Indices all(1000);
  std::iota(all.begin(), all.end(), 0u);
  const std::vector<Indices> order = epochs(0, all.size(), 4);
  for (const Indices& epoch : order) {
    Indices sorted = epoch;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, all);
    EXPECT_NE(epoch, all);
  }
  EXPECT_NE(order[0], order[1]);
  EXPECT_NE(order[1], order[2]);
  EXPECT_NE(order[0], epochs(1, all.size(), 1)[0]);
  EXPECT_EQ(order, epochs(0, all.size(), 4));
}

// Batches of 7 of 10 samples: the second spans the first two epochs.
TEST(SampleOrder, LetsBatchesSpanEpochs) {
  const std::vector<Indices> whole = epochs(3, 10, 7);
  Indices expected;
  for (const Indices& epoch : whole) expected.insert(expected.end(), epoch.begin(), epoch.end());
  EXPECT_EQ(SampleOrder(3, 10, 7).batches(0, 10), expected);
  const Indices second = SampleOrder(3, 10, 7).batches(1, 1);
  EXPECT_EQ(second, Indices(expected.begin() + 7, expected.begin() + 14));
}

// A batch larger than the set holds samples more than once, and is whole all the same.
TEST(SampleOrder, FillsABatchLargerThanTheSet) {
  const Indices batch = SampleOrder(0, 3, 8).batches(0, 1);
  ASSERT_EQ(batch.size(), 8u);
  for (std::uint32_t sample = 0; sample < 3; ++sample)
    EXPECT_GE(std::count(batch.begin(), batch.end(), sample), 2);
}

// A resumed run asks for the batches it has not seen, and a caller may go back.
TEST(SampleOrder, IsAFunctionOfItsArgumentsAlone) {
  SampleOrder order(5, 23, 4);
  const Indices at_once = order.batches(0, 40);
  Indices one_by_one;
  for (std::uint64_t batch = 0; batch < 40; ++batch) {
    const Indices indices = order.batches(batch, 1);
    one_by_one.insert(one_by_one.end(), indices.begin(), indices.end());
  }
  EXPECT_EQ(one_by_one, at_once);
  EXPECT_EQ(order.batches(0, 40), at_once);
  EXPECT_EQ(SampleOrder(5, 23, 4).batches(37, 3), Indices(at_once.begin() + 37 * 4, at_once.end()));
  EXPECT_TRUE(order.batches(3, 0).empty());
}

TEST(SampleOrder, TakesASetOfOne) {
  EXPECT_THAT(SampleOrder(0, 1, 3).batches(1, 1), testing::ElementsAre(0, 0, 0));
}

// Over 4,000 seeds every one of the 24 orders of four samples comes about equally often: 167 times,
// deviation 12.6.
TEST(SampleOrder, GivesEveryOrderAlike) {
  std::vector<Indices> orders;
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    orders.push_back(SampleOrder(seed, 4, 4).batches(0, 1));
  Indices permutation{0, 1, 2, 3};
  do {
    const auto count = static_cast<double>(std::count(orders.begin(), orders.end(), permutation));
    EXPECT_NEAR(count, 166.7, 5 * 12.6);
  } while (std::next_permutation(permutation.begin(), permutation.end()));
}

// What a seed means must not change unnoticed.
TEST(SampleOrder, OfSeedZeroIsKnown) {
  EXPECT_EQ(SampleOrder(0, 60000, 5).batches(0, 1), Indices({16526, 5277, 25062, 20336, 4659}));
}

}  // namespace
}  // namespace mnist
