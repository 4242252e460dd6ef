#include "report/accuracy_plot.hpp"

#include <gmock/gmock.h>

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<CurvePoint> rising{{0, 0.1}, {50, 0.9}, {100, 0.95}, {1000, 0.99}};

TEST(AccuracyPlot, ShowsTheCurve) {
  // clang-format off
  EXPECT_THAT(accuracy_plot(rising, 30, false),
              ElementsAre("Accuracy on the test images",
                          "1.00 + **********************",
                          "     | *",
                          "0.75 + *",
                          "     | *",
                          "0.50 +*",
                          "     |*",
                          "0.25 +*",
                          "     |*",
                          "0.00 +-----------------------",
                          "      step 0             1000"));
  EXPECT_THAT(accuracy_plot(rising, 30, true),
              ElementsAre("Accuracy on the test images",
                          "1.00 ┤ ⡠⠔⠒⠒⠒⠒⠒⠒⠒⠒⠒⠊⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉",
                          "     │ ⡇",
                          "0.75 ┤⢠⠃",
                          "     │⢸",
                          "0.50 ┤⢸",
                          "     │⡜",
                          "0.25 ┤⡇",
                          "     │⠁",
                          "0.00 └───────────────────────",
                          "      step 0             1000"));
  // clang-format on
}

// What is above 0.8 all along would be a line at the top.
TEST(AccuracyPlot, LooksCloserWhereTheCurveIsHigh) {
  const auto bottom = [](double least) {
    return accuracy_plot({{100, 0.9}, {200, least}, {300, 1}}, 80, false).at(9).substr(0, 6);
  };
  EXPECT_EQ(bottom(0.8), "0.80 +");
  EXPECT_EQ(bottom(0.79), "0.60 +");
  EXPECT_EQ(bottom(0.59), "0.00 +");
  EXPECT_EQ(bottom(0), "0.00 +");
  const std::vector<std::string> closer = accuracy_plot({{100, 0.8}, {300, 1}}, 80, false);
  EXPECT_EQ(closer[3].substr(0, 6), "0.95 +");
  EXPECT_EQ(closer[8].substr(0, 8), "     |**") << "the bottom is in the last row";
  EXPECT_EQ(closer[10], "      step 100" + std::string(49, ' ') + "300");
}

TEST(AccuracyPlot, FitsTheTerminal) {
  for (int columns = 0; columns < 100; ++columns)
    for (const std::string& line : accuracy_plot(rising, columns, false)) {
      EXPECT_LT(static_cast<int>(line.size()), std::max(columns, 28));
      EXPECT_LE(line.size(), 66u);
    }
  EXPECT_THAT(accuracy_plot(rising, 22, false), IsEmpty());
  EXPECT_EQ(accuracy_plot(rising, 23, false).size(), 11u);
}

TEST(AccuracyPlot, IsOfACurve) {
  EXPECT_THAT(accuracy_plot({}, 80, true), IsEmpty());
  EXPECT_THAT(accuracy_plot({{0, 0.1}}, 80, true), IsEmpty());
  EXPECT_THAT(accuracy_plot({{7, 0.1}, {7, 0.2}}, 80, true), IsEmpty());
}

}  // namespace
}  // namespace mnist
