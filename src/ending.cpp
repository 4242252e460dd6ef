#include "ending.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <system_error>
#include <utility>

namespace mnist {
namespace {

// How long that may take which tells of the end: a pipe without a reader takes for ever.
constexpr std::chrono::seconds longest_telling{3};

FileDescriptor opened(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return FileDescriptor(descriptor);
}

// SIGINT and SIGTERM, but for what is ignored: nohup and shells' background jobs mean that.
sigset_t heeded_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    if (!::sigaction(signal, nullptr, &action) && action.sa_handler != SIG_IGN)
      ::sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

Ending::Ending(const Settings& settings, Handlers handlers)
    : settings_(settings),
      handlers_(std::move(handlers)),
      signals_(heeded_signals()),
      signal_(opened(::signalfd(-1, &signals_, SFD_CLOEXEC), "taking signals")),
      over_(opened(::eventfd(0, EFD_CLOEXEC), "making an event")) {
  ::pthread_sigmask(SIG_BLOCK, &signals_, &signals_before_);
  watcher_ = std::thread([this] { watch(); });
}

Ending::~Ending() {
  const std::uint64_t one = 1;
  (void)!::write(over_.get(), &one, sizeof one);
  watcher_.join();
  ::pthread_sigmask(SIG_SETMASK, &signals_before_, nullptr);
}

void Ending::claim(ExitCode code) {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(claimed_, true)) {
      claimed_code_ = code;
      return;
    }
  }
  for (;;) ::pause();  // the watcher was first, and ends the process
}

void Ending::watch() {
  const ExitCode why = wait(settings_.deadline_seconds);
  if (why == ExitCode::passed) return;
  requested_ = why;
  const ExitCode again = wait(settings_.grace_seconds());
  if (again != ExitCode::passed) end(why, again == ExitCode::deadline_passed);
}

// Until the run is over (`passed`), a signal comes, or the time is up.
ExitCode Ending::wait(std::optional<double> seconds) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (;;) {
    std::array<pollfd, 2> events{{{over_.get(), POLLIN, 0}, {signal_.get(), POLLIN, 0}}};
    constexpr double longest_poll = 3600;  // poll() counts milliseconds in an int
    double left = longest_poll;
    if (seconds) {
      left = *seconds - std::chrono::duration<double>(Clock::now() - start).count();
      if (left <= 0) return ExitCode::deadline_passed;
      left = std::min(left, longest_poll);
    }
    const int ready = ::poll(events.data(), events.size(), static_cast<int>(left * 1000) + 1);
    if (ready < 0 && errno != EINTR) return ExitCode::passed;
    if (ready <= 0) continue;
    if (events[0].revents) return ExitCode::passed;
    signalfd_siginfo signal{};
    if (::read(signal_.get(), &signal, sizeof signal) != sizeof signal) continue;
    return signal.ssi_signo == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
  }
}

void Ending::end(ExitCode why, bool overdue) {
  bool claimed = false;
  ExitCode code = why;
  {
    const std::lock_guard lock(mutex_);
    claimed = std::exchange(claimed_, true);
    if (claimed && claimed_code_ != ExitCode::passed) code = claimed_code_;
  }
  // In a thread that may be left behind: what it writes to may hang, too.
  const auto done = std::make_shared<std::promise<ExitCode>>();
  std::future<ExitCode> told = done->get_future();
  std::thread([this, claimed, code, overdue, done] {
    if (claimed) handlers_.cut_short(code);
    done->set_value(claimed ? code : handlers_.abandon(code, overdue));
  }).detach();
  if (told.wait_for(longest_telling) == std::future_status::ready) code = told.get();
  ::_exit(static_cast<int>(code));
}

}  // namespace mnist
