#include "cuda/gpu_timer.hpp"

namespace mnist::cuda {

Event make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreate(&event), "making an event");
  return Event(event);
}

double seconds_between(const Event& start, const Event& stop) {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start.get(), stop.get()), "reading the GPU's clock");
  return double{milliseconds} / 1e3;
}

PartTimer::PartTimer(cudaStream_t stream, std::size_t most_parts) : stream_(stream) {
  while (events_.size() < most_parts + 1) events_.push_back(make_event());
}

void PartTimer::start() {
  names_.clear();
  look_at_clock(0);
}

void PartTimer::end_part(const std::string& name) {
  names_.push_back(name);
  look_at_clock(names_.size());
}

void PartTimer::look_at_clock(std::size_t event) const {
  constexpr auto doing = "queueing a look at the GPU's clock";
  cudaStreamCaptureStatus capturing{};
  check(cudaStreamIsCapturing(stream_, &capturing), doing);
  // Of a recording, only an external event can be read from outside; elsewhere none can be one.
  const unsigned kind =
      capturing == cudaStreamCaptureStatusActive ? cudaEventRecordExternal : cudaEventRecordDefault;
  check(cudaEventRecordWithFlags(events_.at(event).get(), stream_, kind), doing);
}

std::vector<TimedPart> PartTimer::parts() const {
  std::vector<TimedPart> parts;
  double start = 0;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const double end = seconds_between(events_.front(), events_[i + 1]);
    parts.push_back({names_[i], start, end - start});
    start = end;
  }
  return parts;
}

}  // namespace mnist::cuda
