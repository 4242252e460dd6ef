// How long the GPU takes for what is queued on a stream, by its own clock.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cuda/check.hpp"
#include "cuda/owned.hpp"
#include "engine/engine.hpp"

namespace mnist::cuda {

Event make_event();
// Both have been reached, and `start` first.
double seconds_between(const Event& start, const Event& stop);

// For the GPU that is current when it is made, and a stream of it that outlives it.
class GpuTimer {
 public:
  explicit GpuTimer(cudaStream_t stream)
      : stream_(stream), start_(make_event()), stop_(make_event()) {}

  // Of what `work` queues, if nothing was queued before; waits for it. Throws Error.
  template <class Work>
  double seconds(const Work& work) const {
    check(cudaEventRecord(start_.get(), stream_), "starting the GPU's clock");
    work();
    check(cudaEventRecord(stop_.get(), stream_), "stopping the GPU's clock");
    check(cudaEventSynchronize(stop_.get()), "waiting for the GPU's clock");
    return seconds_between(start_, stop_);
  }

 private:
  cudaStream_t stream_;
  Event start_;
  Event stop_;
};

// Likewise, for work of several parts. Where the work is recorded, so is the timing: the clock is
// then read again each time it is replayed.
class PartTimer {
 public:
  PartTimer(cudaStream_t stream, std::size_t most_parts);

  // Both queue a look at the clock. A part begins where the one before it ends.
  void start();
  void end_part(const std::string& name);

  // Of the work as it ran last, which has been waited for. Throws Error.
  std::vector<TimedPart> parts() const;

 private:
  void look_at_clock(std::size_t event) const;

  cudaStream_t stream_;
  std::vector<Event> events_;  // one more than there are parts
  std::vector<std::string> names_;
};

}  // namespace mnist::cuda
