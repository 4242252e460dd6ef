#include "verdict/check.hpp"

#include <gtest/gtest.h>

namespace mnist {
namespace {

Check check(Outcome outcome, ExitCode code, const char* name = "a check") {
  return {"group", name, outcome, code, "found this", "do that", 0};
}
Check failed(ExitCode code, const char* name = "a check") {
  return check(Outcome::failed, code, name);
}

TEST(VerdictOfChecks, IsNoneWhereNoneFailed) {
  EXPECT_FALSE(verdict_of(std::vector<Check>{}));
  EXPECT_FALSE(
      verdict_of({check(Outcome::passed, ExitCode::passed), check(Outcome::warned, ExitCode::busy),
                  check(Outcome::unknown, ExitCode::hardware_fault)}));
}

TEST(VerdictOfChecks, SaysWhatFailedAndWhatToDo) {
  const auto verdict = verdict_of({check(Outcome::passed, ExitCode::passed, "one"),
                                   failed(ExitCode::health_threshold, "row remapping")});
  ASSERT_TRUE(verdict);
  EXPECT_EQ(one_line(*verdict),
            "failed (21): GPU health threshold: row remapping: found this; do that");
}

// Each of these before all that follow it, whichever was found first.
TEST(VerdictOfChecks, IsOfTheOneThatRanksFirst) {
  const std::vector<ExitCode> ranked{ExitCode::hardware_fault,   ExitCode::wrong_numbers,
                                     ExitCode::not_reproducible, ExitCode::accuracy_too_low,
                                     ExitCode::health_threshold, ExitCode::busy};
  for (std::size_t first = 0; first < ranked.size(); ++first)
    for (std::size_t second = first + 1; second < ranked.size(); ++second) {
      EXPECT_EQ(verdict_of({failed(ranked[first]), failed(ranked[second])})->code, ranked[first]);
      EXPECT_EQ(verdict_of({failed(ranked[second]), failed(ranked[first])})->code, ranked[first]);
    }
}

TEST(VerdictOfChecks, IsOfTheFirstAmongEquals) {
  for (const ExitCode code : {ExitCode::hardware_fault, ExitCode::not_ready})
    EXPECT_EQ(verdict_of({failed(code, "one"), failed(code, "two")})->evidence, "one: found this");
  EXPECT_EQ(verdict_of({failed(ExitCode::busy), failed(ExitCode::not_ready)})->code, ExitCode::busy)
      << "of those without a rank";
}

TEST(Strictness, TurnsWarningsAndNothingElseIntoFailures) {
  const auto strict = with_warnings_as_failures(
      {check(Outcome::passed, ExitCode::passed), check(Outcome::warned, ExitCode::busy),
       check(Outcome::failed, ExitCode::hardware_fault),
       check(Outcome::unknown, ExitCode::health_threshold)});
  ASSERT_EQ(strict.size(), 4u);
  EXPECT_EQ(strict[0].outcome, Outcome::passed);
  EXPECT_EQ(strict[1].outcome, Outcome::failed);
  EXPECT_EQ(strict[1].code, ExitCode::busy);
  EXPECT_EQ(strict[2].outcome, Outcome::failed);
  EXPECT_EQ(strict[3].outcome, Outcome::unknown);
}

TEST(Outcomes, HaveNames) {
  EXPECT_EQ(name_of(Outcome::passed), "passed");
  EXPECT_EQ(name_of(Outcome::warned), "warned");
  EXPECT_EQ(name_of(Outcome::failed), "failed");
  EXPECT_EQ(name_of(Outcome::unknown), "unknown");
}

}  // namespace
}  // namespace mnist
