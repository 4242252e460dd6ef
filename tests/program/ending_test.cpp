#include "ending.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>

#include "base/stopwatch.hpp"

namespace mnist {
namespace {

using testing::ExitedWithCode;

constexpr int signals[] = {SIGINT, SIGTERM};

const Ending::Handlers nothing{[](ExitCode why, bool) { return why; }, [](ExitCode) {}};
const double grace_seconds = Ending::usual_grace_seconds;
[[noreturn]] void hang() {
  for (;;) ::pause();
}
[[noreturn]] ExitCode fail(ExitCode) { ::_exit(99); }
[[noreturn]] ExitCode fail_to_abandon(ExitCode why, bool) { fail(why); }
// What `ending` wants within a second.
ExitCode soon_requested(const Ending& ending) {
  for (const Stopwatch watch; watch.seconds() < 1; ::usleep(1000))
    if (ending.requested() != ExitCode::passed) break;
  return ending.requested();
}
// Runs as a program of its own would, and leaves by `run`.
#define EXPECT_TO_EXIT(code, run) \
  EXPECT_EXIT((run)(), ExitedWithCode(static_cast<int>(code)), testing::_)

TEST(Ending, IsNotAskedForBySomethingElse) {
  Ending ending({.deadline_seconds = 60}, nothing);
  ::usleep(20'000);
  EXPECT_EQ(ending.requested(), ExitCode::passed);
}

TEST(Ending, IsAskedForByEitherSignal) {
  for (const int signal : signals) {
    Ending ending({}, nothing);
    ::kill(::getpid(), signal);
    EXPECT_EQ(soon_requested(ending),
              signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated);
    ending.claim(ending.requested());
  }
}

TEST(Ending, IsAskedForByTheDeadlineAndNotBefore) {
  const Stopwatch watch;
  Ending ending({.deadline_seconds = 0.2}, nothing);
  EXPECT_EQ(soon_requested(ending), ExitCode::deadline_passed);
  EXPECT_GE(watch.seconds(), 0.2);
  ending.claim(ExitCode::deadline_passed);
}

TEST(Ending, OfARunThatIsOverIsNotAwaited) {
  const Stopwatch watch;
  { Ending ending({.deadline_seconds = 3600}, nothing); }
  EXPECT_LT(watch.seconds(), 1);
}

TEST(Ending, OfARunThatDoesNotNoticeIsReportedByAnotherThread) {
  EXPECT_TO_EXIT(ExitCode::terminated, [] {
    Ending ending({}, {[](ExitCode why, bool overdue) {
                         return why == ExitCode::terminated && overdue ? why : fail(why);
                       },
                       fail});
    ::kill(::getpid(), SIGTERM);
    hang();
  });
  // With the code that is reported: something may have been known before.
  EXPECT_TO_EXIT(ExitCode::hardware_fault, [] {
    Ending ending({.deadline_seconds = 0.1}, {[](ExitCode why, bool overdue) {
                                                return why == ExitCode::deadline_passed && overdue
                                                           ? ExitCode::hardware_fault
                                                           : fail(why);
                                              },
                                              fail});
    hang();
  });
}

TEST(Ending, ComesAtOnceWithASecondSignal) {
  const Stopwatch watch;
  EXPECT_TO_EXIT(ExitCode::interrupted, [] {
    Ending ending({}, {[](ExitCode why, bool overdue) { return overdue ? fail(why) : why; }, fail});
    ::kill(::getpid(), SIGINT);
    (void)soon_requested(ending);
    ::kill(::getpid(), SIGINT);
    hang();
  });
  EXPECT_LT(watch.seconds(), grace_seconds);
}

TEST(Ending, ComesAfterTheTimeThatTheRunHasToNotice) {
  EXPECT_TO_EXIT(ExitCode::deadline_passed, [] {
    const Stopwatch watch;
    Ending ending(
        {.deadline_seconds = 0.1, .grace_seconds = [] { return 0.1; }},
        {[&](ExitCode why, bool) { return watch.seconds() < grace_seconds ? why : fail(why); },
         fail});
    hang();
  });
}

TEST(Ending, DoesNotWaitForReportsThatHang) {
  EXPECT_TO_EXIT(ExitCode::deadline_passed, [] {
    Ending ending({.deadline_seconds = 0.1}, {[](ExitCode, bool) -> ExitCode { hang(); }, fail});
    hang();
  });
}

// Its reports hang, as on a pipe that nobody reads.
TEST(Ending, OfARunThatReportsKeepsTheCodeThatItHas) {
  for (const ExitCode code : {ExitCode::wrong_numbers, ExitCode::passed})
    EXPECT_TO_EXIT(code == ExitCode::passed ? ExitCode::deadline_passed : code, [code] {
      Ending ending({.deadline_seconds = 0.1}, {fail_to_abandon, [](ExitCode) { hang(); }});
      ending.claim(code);
      hang();
    });
}

TEST(Ending, OfARunWhoseReportsHangIsSaidByAnotherThread) {
  EXPECT_TO_EXIT(98, [] {
    Ending ending({.deadline_seconds = 0.1}, {fail_to_abandon, [](ExitCode code) {
                                                ::_exit(code == ExitCode::wrong_numbers ? 98 : 99);
                                              }});
    ending.claim(ExitCode::wrong_numbers);
    hang();
  });
}

TEST(Ending, CannotBeClaimedOnceTheProcessIsBeingEnded) {
  EXPECT_TO_EXIT(ExitCode::deadline_passed, [] {
    Ending ending({.deadline_seconds = 0.1},
                  {[](ExitCode why, bool) { return ::usleep(300'000), why; }, fail});
    ::usleep(static_cast<useconds_t>(1e6 * grace_seconds) + 200'000);
    ending.claim(ExitCode::passed);
    ::_exit(99);
  });
}

TEST(Ending, IsNotAskedForBySignalsThatWereIgnored) {
  EXPECT_TO_EXIT(97, [] {
    std::signal(SIGINT, SIG_IGN);
    Ending ending({}, nothing);
    ::kill(::getpid(), SIGINT);
    ::usleep(50'000);
    ::_exit(ending.requested() == ExitCode::passed ? 97 : 99);
  });
}

}  // namespace
}  // namespace mnist
