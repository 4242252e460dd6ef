// How long and how often a download is tried.
#pragma once

#include <chrono>
#include <cstdint>

namespace mnist {

struct DownloadLimits {
  std::chrono::milliseconds connect{5000};  // looking up the name, TCP and TLS together
  std::chrono::seconds stall{15};           // a transfer this long below slowest_rate is given up
  std::uint64_t slowest_rate = 10'000;      // bytes a second
  int redirects = 5;
  int rounds = 2;                              // times that every mirror is tried
  std::chrono::milliseconds first_pause{250};  // before another try; doubles each time up to
  std::chrono::milliseconds longest_pause{1000};
  // All the time in which a file does not come in at slowest_rate, tries and pauses together. With
  // the time that synthetic digits take, an unattended run gives up on the network within 20 s.
  std::chrono::milliseconds patience{16'000};
};

// For who wants MNIST and nothing else: a network may need a minute to come up.
inline constexpr DownloadLimits persistent_limits{.rounds = 5,
                                                  .longest_pause = std::chrono::milliseconds{4000},
                                                  .patience = std::chrono::milliseconds{120'000}};

// The patience of a download, used up by the time in which too little comes in.
class Patience {
 public:
  explicit Patience(const DownloadLimits& limits)
      : left_(limits.patience), slowest_rate_(static_cast<double>(limits.slowest_rate)) {}

  // To be asked again and again, with all that has come in so far; falls when a file is begun anew.
  bool exhausted(std::uint64_t bytes) {
    const Clock::time_point now = Clock::now();
    const std::chrono::duration<double> elapsed = now - window_start_;
    const double gained = static_cast<double>(bytes) - static_cast<double>(bytes_at_start_);
    const bool healthy = gained >= slowest_rate_ * elapsed.count() && gained > 0;
    if (elapsed >= window) {
      if (!healthy) left_ -= elapsed;
      window_start_ = now;
      bytes_at_start_ = bytes;
      return left_ <= left_.zero();
    }
    return !healthy && elapsed >= left_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds window{500};

  std::chrono::duration<double> left_;
  double slowest_rate_;
  Clock::time_point window_start_ = Clock::now();
  std::uint64_t bytes_at_start_ = 0;
};

}  // namespace mnist
