// Which samples make up which batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnist {

// The training samples as an endless sequence: one seeded permutation of the whole set after the
// other. Batch b is positions b * batch_size to (b + 1) * batch_size of it, so that a batch may
// span two epochs and none is short. A function of its arguments alone: a resumed run asks for
// the batches it has not seen.
class SampleOrder {
 public:
  // `samples` and `batch_size` are at least 1.
  SampleOrder(std::uint64_t seed, std::size_t samples, std::size_t batch_size);

  // The sample indices of `batches` batches from `first_batch` on, batch by batch.
  std::vector<std::uint32_t> batches(std::uint64_t first_batch, std::size_t batches);

 private:
  void shuffle(std::uint64_t epoch);

  std::uint64_t seed_;
  std::size_t batch_size_;
  std::uint64_t epoch_;  // the one that permutation_ holds
  std::vector<std::uint32_t> permutation_;
};

}  // namespace mnist
