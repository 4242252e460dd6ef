#include "dataset/sample_order.hpp"

#include <numeric>
#include <utility>

#include "base/philox.hpp"

namespace mnist {

SampleOrder::SampleOrder(std::uint64_t seed, std::size_t samples, std::size_t batch_size)
    : seed_(seed), batch_size_(batch_size), epoch_(0), permutation_(samples) {
  shuffle(0);
}

std::vector<std::uint32_t> SampleOrder::batches(std::uint64_t first_batch, std::size_t batches) {
  std::vector<std::uint32_t> order;
  order.reserve(batches * batch_size_);
  const std::uint64_t first_position = first_batch * batch_size_;
  std::uint64_t epoch = first_position / permutation_.size();
  std::size_t offset = static_cast<std::size_t>(first_position % permutation_.size());
  while (order.size() < batches * batch_size_) {
    if (epoch != epoch_) shuffle(epoch);
    for (; offset < permutation_.size() && order.size() < batches * batch_size_; ++offset)
      order.push_back(permutation_[offset]);
    ++epoch;
    offset = 0;
  }
  return order;
}

// Fisher and Yates, with an index drawn by multiply-and-shift: its bias, below 2^-32 * samples, is
// nothing beside being the same on every machine, which std::shuffle is not.
void SampleOrder::shuffle(std::uint64_t epoch) {
  std::iota(permutation_.begin(), permutation_.end(), 0u);
  for (std::size_t last = permutation_.size() - 1; last > 0; --last) {
    const std::uint32_t word =
        philox(seed_, RandomPurpose::sample_order, static_cast<std::uint32_t>(epoch), last).word[0];
    const std::size_t chosen = static_cast<std::size_t>((std::uint64_t{word} * (last + 1)) >> 32);
    std::swap(permutation_[chosen], permutation_[last]);
  }
  epoch_ = epoch;
}

}  // namespace mnist
