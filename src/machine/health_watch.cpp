#include "machine/health_watch.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/stopwatch.hpp"
#include "machine/even_samples.hpp"
#include "machine/kernel_log.hpp"
#include "machine/nvml.hpp"
#include "machine/nvml_gpu.hpp"

namespace mnist {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds interval{100};
constexpr milliseconds patience{1000};  // with an NVML that does not come back

// No signal reaches this thread, nor those that it starts meanwhile.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// All that may take long, or not come back: for one thread at a time.
class Look {
 public:
  Look(const Gpu& gpu, const Machine& machine, const std::string& library)
      : uuid_(gpu.uuid),
        pci_bus_id_(gpu.pci_bus_id.substr(0, gpu.pci_bus_id.find('.'))),
        nvml_(library),
        gpu_(nvml_, gpu.uuid),
        kernel_log_(machine) {}

  // With this, new_xids() begins to know.
  HealthRecord before() {
    HealthRecord record;
    record.absence = nvml_.absence();
    record.nvml_status = nvml_.status();
    if (record.absence.empty() && !gpu_.known()) {
      record.nvml_status = static_cast<int>(gpu_.status());
      record.absence = "it does not tell of " + uuid_ + ": " + nvml_.text_of(gpu_.status());
    }
    record.xids_watched = gpu_.watch_xids() || kernel_log_.readable();
    record.before = gpu_.health();
    return record;
  }

  GpuHealth health() { return gpu_.health(); }
  HealthSample sample() { return gpu_.sample(); }
  std::optional<int> lost() const { return gpu_.lost(); }

  // The kernel's log tells of the machine's other GPUs, too.
  std::vector<Xid> new_xids() {
    std::vector<Xid> xids = kernel_log_.new_xids();
    std::erase_if(xids, [&](const Xid& xid) { return !is_of(xid, pci_bus_id_); });
    for (const unsigned number : gpu_.new_xids()) xids.push_back({number, pci_bus_id_, ""});
    return xids;
  }

 private:
  std::string uuid_;
  std::string pci_bus_id_;
  Nvml nvml_;
  NvmlGpu gpu_;
  KernelLog kernel_log_;
};

// NVML and the kernel's log tell of the same Xid, and a broken GPU of one again and again.
void remember(std::vector<Xid>& seen, Xid xid) {
  const auto known = std::ranges::find(seen, xid.number, &Xid::number);
  if (known == seen.end())
    seen.push_back(std::move(xid));
  else if (known->text.empty())
    *known = std::move(xid);
}

// Shared by the thread that looks and those that ask it.
class Watch {
 public:
  explicit Watch(HealthRecord record) : record_(std::move(record)) {}

  // Until stop().
  void run(Look& look) {
    Clock::time_point next = Clock::now();
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait_until(lock, next, [&] { return stop_ || asked_ != answered_; });
      if (stop_) return;
      const std::uint64_t asked = asked_;
      const bool wanted = asked != answered_;
      const bool sample_due = Clock::now() >= next && samples_.tick();
      HealthSample sample;
      const double seconds = since_start_.seconds();
      const bool under_load = loaded_since_.has_value();
      lock.unlock();

      if (sample_due) sample = look.sample();
      std::vector<Xid> xids = look.new_xids();
      GpuHealth health;
      if (wanted) health = look.health();

      lock.lock();
      if (sample_due) {
        sample.seconds = seconds;
        sample.under_load = under_load && loaded_since_;
        samples_.add(sample);
      }
      for (Xid& xid : xids) remember(record_.xids, std::move(xid));
      if (wanted) {
        record_.after = health;
        answered_ = asked;
        changed_.notify_all();
      }
      record_.after.lost = look.lost();
      while (next <= Clock::now()) next += interval;
    }
  }

  void set_under_load(bool under_load) {
    const std::lock_guard lock(mutex_);
    record_.load_seconds = load_seconds();
    loaded_since_.reset();
    if (under_load) loaded_since_ = Stopwatch();
  }

  HealthRecord record() {
    std::unique_lock lock(mutex_);
    const std::uint64_t ticket = ++asked_;
    changed_.notify_all();
    const bool answered = changed_.wait_for(lock, patience, [&] { return answered_ >= ticket; });
    HealthRecord record = record_;
    record.samples = samples_.all();
    record.load_seconds = load_seconds();
    record.unanswered = !answered;
    if (!answered) {
      record.after = {};
      record.after.lost = record_.after.lost;
    }
    return record;
  }

  // Whether run() came to its end.
  bool stop() {
    std::unique_lock lock(mutex_);
    stop_ = true;
    changed_.notify_all();
    return changed_.wait_for(lock, patience, [&] { return stopped_; });
  }
  void set_stopped() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  double load_seconds() const {
    return record_.load_seconds + (loaded_since_ ? loaded_since_->seconds() : 0);
  }

  const Stopwatch since_start_;
  std::mutex mutex_;
  std::condition_variable changed_;
  HealthRecord record_;  // but for its samples
  EvenSamples<HealthSample> samples_;
  std::optional<Stopwatch> loaded_since_;  // that is not in the record's load_seconds yet
  std::uint64_t asked_ = 0;                // how many times `after` was
  std::uint64_t answered_ = 0;
  bool stop_ = false;
  bool stopped_ = false;
};

}  // namespace

class HealthWatch::Implementation {
 public:
  Implementation(const Gpu& gpu, const Machine& machine, const std::string& library) {
    auto look = std::make_unique<Look>(gpu, machine, library);
    watch_ = std::make_shared<Watch>(look->before());
    const BlockedSignals blocked;
    thread_ = std::thread([watch = watch_, look = std::move(look)]() mutable {
      watch->run(*look);
      look.reset();
      watch->set_stopped();
    });
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  // A look that does not come back cannot be waited for: it keeps its Watch.
  ~Implementation() {
    if (watch_->stop())
      thread_.join();
    else
      thread_.detach();
  }

  Watch& watch() const { return *watch_; }

 private:
  std::shared_ptr<Watch> watch_;
  std::thread thread_;
};

HealthWatch::HealthWatch(const Gpu& gpu, const Machine& machine, const std::string& library)
    : implementation_(std::make_unique<Implementation>(gpu, machine, library)) {}

HealthWatch::~HealthWatch() = default;

void HealthWatch::set_under_load(bool under_load) {
  implementation_->watch().set_under_load(under_load);
}

HealthRecord HealthWatch::record() const { return implementation_->watch().record(); }

}  // namespace mnist
