// Samples of a run of unknown length: never many, and evenly over all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mnist {

template <class Sample>
class EvenSamples {
 public:
  static constexpr std::size_t most = 512;

  // Counts a tick; whether the sample of it is wanted.
  bool tick() { return ticks_++ % ticks_a_sample_ == 0; }

  void add(Sample sample) {
    if (samples_.size() == most) {
      std::size_t place = 0;
      std::erase_if(samples_, [&](const Sample&) { return place++ % 2 == 1; });
      ticks_a_sample_ *= 2;
    }
    samples_.push_back(std::move(sample));
  }

  const std::vector<Sample>& all() const { return samples_; }

 private:
  std::vector<Sample> samples_;
  std::uint64_t ticks_ = 0;
  std::uint64_t ticks_a_sample_ = 1;
};

}  // namespace mnist
