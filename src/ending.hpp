// Ends a run that is told to end, by SIGINT, SIGTERM or its own deadline, even where it hangs.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/exit_code.hpp"
#include "base/file_descriptor.hpp"

namespace mnist {

// To be made before any other thread: it blocks both signals for this thread and those that it
// starts, and takes them in a thread of its own. A signal that was ignored before stays so.
//
// A run that is told to end has grace_seconds() to notice, by requested(), and to end as it always
// does. After that, or at a second signal, `abandon` is called from another thread to report what
// is known, and the process exits, whatever the run's own thread is waiting for.
class Ending {
 public:
  static constexpr double usual_grace_seconds = 2;
  struct Settings {
    std::optional<double> deadline_seconds;
    // Asked once the run is told to end.
    std::function<double()> grace_seconds = [] { return usual_grace_seconds; };
  };
  struct Handlers {
    // Reports a run that did not notice why it was to end, and returns the code that it ends with.
    // `overdue`: it had its time to notice; else a second signal cut that short.
    std::function<ExitCode(ExitCode why, bool overdue)> abandon;
    // Says the last word of a run whose own reports hang, and with which code it ends.
    std::function<void(ExitCode code)> cut_short;
  };

  Ending(const Settings& settings, Handlers handlers);
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  // The run is over, and its reports are written.
  ~Ending();

  // Why the run is to end: interrupted, terminated or deadline_passed; `passed` while it is not.
  ExitCode requested() const { return requested_; }

  // From here on the run reports for itself, and is not abandoned any more. Should the
  // reports hang, the process still exits, with `code`, or where that is a pass with why it was
  // told to end. Does not return where the process is being ended already.
  void claim(ExitCode code);

 private:
  void watch();
  ExitCode wait(std::optional<double> seconds);
  [[noreturn]] void end(ExitCode why, bool overdue);

  Settings settings_;
  Handlers handlers_;
  sigset_t signals_{};
  sigset_t signals_before_{};
  FileDescriptor signal_;
  FileDescriptor over_;  // readable when the run is over
  std::atomic<ExitCode> requested_ = ExitCode::passed;
  std::mutex mutex_;
  bool claimed_ = false;
  ExitCode claimed_code_ = ExitCode::passed;
  std::thread watcher_;
};

}  // namespace mnist
