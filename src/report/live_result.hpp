// The result of a run as it grows: one thread fills it, any may look at it.
#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "report/result.hpp"

namespace mnist {

class LiveResult {
 public:
  explicit LiveResult(RunResult start) : result_(std::move(start)) {}

  // For the run's own thread alone: `change` is given the result.
  template <class Change>
  void change(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(result_);
  }
  // What the run is doing from now on: "training".
  void enter(std::string phase) {
    change([&](RunResult& result) { result.phase = std::move(phase); });
  }
  // For the run's own thread, since nobody else changes it.
  const RunResult& own() const { return result_; }

  // For any thread.
  RunResult copy() const {
    const std::lock_guard lock(mutex_);
    return result_;
  }

 private:
  mutable std::mutex mutex_;
  RunResult result_;
};

}  // namespace mnist
