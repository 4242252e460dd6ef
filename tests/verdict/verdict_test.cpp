#include "verdict/verdict.hpp"

#include <gmock/gmock.h>

#include <new>
#include <system_error>

#include "base/error.hpp"

namespace mnist {
namespace {

using testing::HasSubstr;

TEST(Verdict, OfAnErrorIsItsOwn) {
  const Verdict verdict = verdict_of(Error(ExitCode::data_damaged, "x is short", "delete x"));
  EXPECT_EQ(verdict.code, ExitCode::data_damaged);
  EXPECT_EQ(one_line(verdict), "failed (41): data damaged: x is short; delete x");
}

TEST(Verdict, OfOutOfMemorySaysWhatToDo) {
  EXPECT_EQ(verdict_of(std::bad_alloc()).code, ExitCode::failed);
  EXPECT_THAT(one_line(verdict_of(std::bad_alloc())), HasSubstr("failed (1): out of memory; "));
}

TEST(Verdict, OfARefusalOfTheSystemIsAFailure) {
  const std::system_error refusal(EAGAIN, std::generic_category(), "starting a thread");
  EXPECT_EQ(verdict_of(refusal).code, ExitCode::failed);
  EXPECT_THAT(one_line(verdict_of(refusal)), HasSubstr("starting a thread"));
}

TEST(Verdict, OfAnythingElseIsABug) {
  EXPECT_EQ(verdict_of(std::logic_error("impossible")).code, ExitCode::bug);
  EXPECT_THAT(one_line(verdict_of(std::logic_error("impossible"))),
              HasSubstr("failed (70): a bug in this program: impossible; "));
}

TEST(Verdict, OfAPassSaysWhatItIsWorth) {
  EXPECT_EQ(one_line({ExitCode::passed, "passed", "on the CPU: no GPU was tested", ""}),
            "passed on the CPU: no GPU was tested");
  EXPECT_EQ(one_line({ExitCode::passed, "passed", "", ""}), "passed");
}

TEST(Verdict, EveryCodeHasACause) {
  for (const int code :
       {0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 30, 31, 32, 40, 41, 50, 70})
    EXPECT_NE(cause_of(static_cast<ExitCode>(code)), "unknown") << code;
}

}  // namespace
}  // namespace mnist
