#include "cpu/team.hpp"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "cpu/onednn.hpp"

namespace mnist::cpu {
namespace {

// Thrown out of meet() when another member has failed, so that nobody waits for it.
struct TeamBroken {};

// Optimizer moments of pixels that are nearly always black decay towards zero, and arithmetic on
// denormal numbers takes some processors a hundred times as long: they count as zero here.
void flush_denormals_to_zero() {
#if defined(__SSE2__)
  _mm_setcsr(_mm_getcsr() | 0x8040);  // flush to zero, and denormals are zeros
#elif defined(__aarch64__)
  std::uint64_t control = 0;
  asm volatile("mrs %0, fpcr" : "=r"(control));
  asm volatile("msr fpcr, %0" : : "r"(control | (std::uint64_t{1} << 24)));
#endif
}

void pause_briefly() {
#if defined(__SSE2__)
  _mm_pause();
#endif
}

}  // namespace

Team::Team(int size) : size_(size) {
  threads_.reserve(static_cast<std::size_t>(size));
  try {
    for (int member = 0; member < size; ++member)
      threads_.emplace_back([this, member] { live(member); });
  } catch (...) {
    stop();
    throw;
  }
}

Team::~Team() { stop(); }

void Team::stop() {
  stopping_ = true;
  ++jobs_started_;
  jobs_started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const Job& job) {
  job_ = &job;
  working_ = size_;
  const std::uint32_t done_before = jobs_done_;
  ++jobs_started_;
  jobs_started_.notify_all();
  jobs_done_.wait(done_before);
  if (failure_) std::rethrow_exception(failure_);
}

void Team::meet() {
  const std::uint32_t meeting = meetings_;
  if (broken_) throw TeamBroken{};  // read after meetings_, which a failing member changes last
  if (arrived_.fetch_add(1) + 1 == size_) {
    arrived_ = 0;
    ++meetings_;
    meetings_.notify_all();
  } else {
    await_change(meetings_, meeting);
  }
  if (broken_) throw TeamBroken{};
}

void Team::live(int member) {
  set_library_threads(1);
  flush_denormals_to_zero();
  std::uint32_t jobs_seen = 0;
  while (true) {
    await_change(jobs_started_, jobs_seen);
    ++jobs_seen;
    if (stopping_) return;
    try {
      (*job_)(member);
    } catch (const TeamBroken&) {
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      if (!failure_) failure_ = std::current_exception();
      broken_ = true;
      ++meetings_;
      meetings_.notify_all();
    }
    if (working_.fetch_sub(1) == 1) {
      ++jobs_done_;
      jobs_done_.notify_all();
    }
  }
}

void Team::await_change(const std::atomic<std::uint32_t>& word, std::uint32_t seen) {
  for (int i = 0; i < 2000; ++i) {
    if (word != seen) return;
    pause_briefly();
  }
  word.wait(seen);
}

}  // namespace mnist::cpu
