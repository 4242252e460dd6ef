#include "report/check_lines.hpp"

#include <gtest/gtest.h>

#include "report/sample_results.hpp"

namespace mnist {
namespace {

TEST(CheckLine, SaysWhatCameOfIt) {
  const std::vector<Check> checks = sample_checks();
  EXPECT_EQ(check_line(checks[0]),
            "other users: 2 processes, 12.5 GiB in use, 30% busy; wait, or ask for "
            "a GPU of your own");
  EXPECT_EQ(check_line(checks[1]), "row remapping failed: 1 row is pending; reset the GPU");
  EXPECT_EQ(check_line(checks[3]), "product passed: off by 1e-7 at most");
  EXPECT_EQ(check_line({"health", "Xid", Outcome::passed, ExitCode::passed, "", "", 0}),
            "Xid passed");
}

Check unknown(const char* name, const char* found, const char* remedy = "") {
  return {"health", name, Outcome::unknown, ExitCode::passed, found, remedy, 0};
}

TEST(NotJudgedLine, GathersWhatIsUnknownByItsReason) {
  EXPECT_EQ(not_judged_line({unknown("clock slowdowns", "used for 0.1 s", "--soak 10 would"),
                             unknown("retired pages", "not supported"),
                             unknown("temperature", "used for 0.1 s", "--soak 10 would"),
                             unknown("Xid", "")}),
            "Not judged: clock slowdowns, temperature (used for 0.1 s; --soak 10 would); retired "
            "pages (not supported); Xid");
}

TEST(NotJudgedLine, IsNoneWhereAllIsKnown) {
  EXPECT_EQ(not_judged_line({}), std::nullopt);
  std::vector<Check> checks = sample_checks();
  std::erase_if(checks, [](const Check& check) { return check.outcome == Outcome::unknown; });
  EXPECT_EQ(not_judged_line(checks), std::nullopt);
}

}  // namespace
}  // namespace mnist
