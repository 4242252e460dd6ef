#include "ending.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>

#include "base/stopwatch.hpp"

namespace mnist {
namespace {

using testing::ExitedWithCode;

constexpr int signals[] = {SIGINT, SIGTERM};

void nothing(ExitCode) {}
[[noreturn]] void hang() {
  for (;;) ::pause();
}
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
  Ending ending(60, nothing);
  ::usleep(20'000);
  EXPECT_EQ(ending.requested(), ExitCode::passed);
}

TEST(Ending, IsAskedForByEitherSignal) {
  for (const int signal : signals) {
    Ending ending(std::nullopt, nothing);
    ::kill(::getpid(), signal);
    EXPECT_EQ(soon_requested(ending),
              signal == SIGINT ? ExitCode::interrupted : ExitCode::terminated);
    ending.claim(ending.requested());
  }
}

TEST(Ending, IsAskedForByTheDeadlineAndNotBefore) {
  const Stopwatch watch;
  Ending ending(0.2, nothing);
  EXPECT_EQ(soon_requested(ending), ExitCode::deadline_passed);
  EXPECT_GE(watch.seconds(), 0.2);
  ending.claim(ExitCode::deadline_passed);
}

TEST(Ending, OfARunThatIsOverIsNotAwaited) {
  const Stopwatch watch;
  { Ending ending(3600, nothing); }
  EXPECT_LT(watch.seconds(), 1);
}

TEST(Ending, OfARunThatDoesNotNoticeIsReportedByAnotherThread) {
  EXPECT_TO_EXIT(ExitCode::terminated, [] {
    Ending ending(std::nullopt, [](ExitCode why) {
      if (why != ExitCode::terminated) ::_exit(99);
    });
    ::kill(::getpid(), SIGTERM);
    hang();
  });
  EXPECT_TO_EXIT(98, [] {
    Ending ending(0.1, [](ExitCode why) { ::_exit(why == ExitCode::deadline_passed ? 98 : 99); });
    hang();
  });
}

TEST(Ending, ComesAtOnceWithASecondSignal) {
  const Stopwatch watch;
  EXPECT_TO_EXIT(ExitCode::interrupted, [] {
    Ending ending(std::nullopt, nothing);
    ::kill(::getpid(), SIGINT);
    (void)soon_requested(ending);
    ::kill(::getpid(), SIGINT);
    hang();
  });
  EXPECT_LT(watch.seconds(), Ending::grace_seconds);
}

TEST(Ending, DoesNotWaitForReportsThatHang) {
  EXPECT_TO_EXIT(ExitCode::deadline_passed, [] {
    Ending ending(0.1, [](ExitCode) { hang(); });
    hang();
  });
}

// Its reports hang, as on a pipe that nobody reads.
TEST(Ending, OfARunThatReportsKeepsTheCodeThatItHas) {
  for (const ExitCode code : {ExitCode::wrong_numbers, ExitCode::passed})
    EXPECT_TO_EXIT(code == ExitCode::passed ? ExitCode::deadline_passed : code, [code] {
      Ending ending(0.1, [](ExitCode) { ::_exit(99); });
      ending.claim(code);
      hang();
    });
}

TEST(Ending, CannotBeClaimedOnceTheProcessIsBeingEnded) {
  EXPECT_TO_EXIT(ExitCode::deadline_passed, [] {
    Ending ending(0.1, [](ExitCode) { ::usleep(300'000); });
    ::usleep(static_cast<useconds_t>(1e6 * Ending::grace_seconds) + 200'000);
    ending.claim(ExitCode::passed);
    ::_exit(99);
  });
}

TEST(Ending, IsNotAskedForBySignalsThatWereIgnored) {
  EXPECT_TO_EXIT(97, [] {
    std::signal(SIGINT, SIG_IGN);
    Ending ending(std::nullopt, nothing);
    ::kill(::getpid(), SIGINT);
    ::usleep(50'000);
    ::_exit(ending.requested() == ExitCode::passed ? 97 : 99);
  });
}

}  // namespace
}  // namespace mnist
