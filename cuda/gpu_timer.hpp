// How long the GPU takes for what is queued on a stream, by its own clock.
#pragma once

#include "cuda/check.hpp"
#include "cuda/owned.hpp"

namespace mnist::cuda {

// For the GPU that is current when it is made, and a stream of it that outlives it.
class GpuTimer {
 public:
  explicit GpuTimer(cudaStream_t stream) : stream_(stream), start_(make()), stop_(make()) {}

  // Of what `work` queues, if nothing was queued before; waits for it. Throws Error.
  template <class Work>
  double seconds(const Work& work) const {
    check(cudaEventRecord(start_.get(), stream_), "starting the GPU's clock");
    work();
    check(cudaEventRecord(stop_.get(), stream_), "stopping the GPU's clock");
    check(cudaEventSynchronize(stop_.get()), "waiting for the GPU's clock");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start_.get(), stop_.get()),
          "reading the GPU's clock");
    return double{milliseconds} / 1e3;
  }

 private:
  static Event make() {
    cudaEvent_t event = nullptr;
    check(cudaEventCreate(&event), "making an event");
    return Event(event);
  }

  cudaStream_t stream_;
  Event start_;
  Event stop_;
};

}  // namespace mnist::cuda
