// A fixed team of threads that work on one job together, in step.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mnist::cpu {

// Every member runs oneDNN on its own thread alone: the team divides the work, not the library, so
// that a step has a few meetings instead of one for every primitive, and who sums what is ours to
// fix.
class Team {
 public:
  using Job = std::function<void(int member)>;

  // Starts `size` threads (at least 1). Throws std::system_error where the system refuses them.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return size_; }

  // Runs `job` once on every member, and returns when all are done; the caller sleeps meanwhile.
  // What a member throws is thrown on here, and the team can then only be destroyed.
  void run(const Job& job);

  // For members, within a job: returns when all members have called it. What a member wrote before
  // is then seen by all.
  void meet();

 private:
  void live(int member);
  void stop();
  // Waits until `word` differs from `seen`: a few microseconds awake, since that is what a meeting
  // usually takes, then asleep.
  static void await_change(const std::atomic<std::uint32_t>& word, std::uint32_t seen);

  const int size_;
  const Job* job_ = nullptr;
  std::atomic<std::uint32_t> jobs_started_{0};
  std::atomic<std::uint32_t> jobs_done_{0};
  std::atomic<int> working_{0};
  std::atomic<std::uint32_t> meetings_{0};
  std::atomic<int> arrived_{0};
  std::atomic<bool> broken_{false};
  std::atomic<bool> stopping_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace mnist::cpu
