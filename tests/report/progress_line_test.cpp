#include "report/progress_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace mnist {
namespace {

TrainingProgress half_way() {
  return {.steps = 500,
          .total_steps = 1000,
          .share = 0.5,
          .accuracy = 0.96213,
          .images_per_second = 12345.6,
          .seconds_left = 11.2};
}

TEST(ProgressLine, ShowsWhatHasRoom) {
  const struct {
    int columns;
    const char* line;
  } rows[] = {
      {200,
       "############------------  step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {96,
       "############------------  step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {95,
       "###########------------  step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {80, "####----  step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {79, "step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {70, "step  500 of 1000  accuracy 0.9621  12,346 images/s  12 s left"},
      {69, "#######--------  step  500 of 1000  accuracy 0.9621  12 s left"},
      {52, "step  500 of 1000  accuracy 0.9621  12 s left"},
      {51, "#######-------  step  500 of 1000  12 s left"},
      {44, "step  500 of 1000  12 s left"},
      {35, "step  500 of 1000  12 s left"},
      {34, "#######-------  step  500 of 1000"},
      {18, "step  500 of 1000"},
      {17, "12 s left"},
      {1, ""},
      {0, ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.columns);
    const std::string line = progress_line(half_way(), row.columns, {});
    EXPECT_EQ(line, row.line);
    EXPECT_LT(static_cast<int>(line.size()), std::max(row.columns, 1))
        << "the last column is left empty";
  }
}

TEST(ProgressLine, SaysNothingOfWhatIsNotKnown) {
  TrainingProgress soak;
  soak.steps = 12;
  EXPECT_EQ(progress_line(soak, 80, {}), std::string(24, '-') + "  step 12");
}

TEST(ProgressLine, TellsTimeInTwoUnitsAtMost) {
  const std::pair<double, const char*> rows[] = {
      {0, "0 s left"},          {0.01, "1 s left"},         {59.5, "1 min 0 s left"},
      {200, "3 min 20 s left"}, {3599, "59 min 59 s left"}, {7500, "2 h 5 min left"}};
  for (const auto& [seconds, text] : rows) {
    TrainingProgress progress;
    progress.seconds_left = seconds;
    EXPECT_EQ(progress_line(progress, 25, {}), std::string("step 0  ") + text);
  }
}

TEST(ProgressLine, HasColorsAndLinesWhereTheyAreWanted) {
  TrainingProgress progress;
  progress.share = 0.25;
  EXPECT_EQ(progress_line(progress, 17, {.color = false, .unicode = true}), "━━──────  step 0");
  EXPECT_EQ(progress_line(progress, 17, {.color = true, .unicode = false}),
            "\x1b[36m##\x1b[39;2m------\x1b[22m  step 0");
  progress.share = 7;
  EXPECT_EQ(progress_line(progress, 17, {}), "########  step 0") << "never longer than it is";
}

}  // namespace
}  // namespace mnist
