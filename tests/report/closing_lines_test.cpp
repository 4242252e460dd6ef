#include "report/closing_lines.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace mnist {
namespace {

using testing::ElementsAre;

TEST(ShortestDecimal, HasNoDigitTooManyAndNoExponent) {
  EXPECT_EQ(shortest_decimal(0.9220), "0.922");
  EXPECT_EQ(shortest_decimal(9494.0 / 10000), "0.9494");
  EXPECT_EQ(shortest_decimal(1.0 / 100000), "0.00001");
  EXPECT_EQ(shortest_decimal(1.0), "1");
  EXPECT_EQ(shortest_decimal(0.0), "0");
  EXPECT_EQ(shortest_decimal(0.001f), "0.001");
}

TEST(ShortestDecimal, ReadsBack) {
  for (const double value : {1.0 / 3, 2.0 / 7, 5e-324, 1.7976931348623157e308})
    EXPECT_EQ(std::strtod(shortest_decimal(value).c_str(), nullptr), value);
}

TEST(AccuracyLine, IsThePredecessors) {
  EXPECT_EQ(accuracy_line(10, 0.7457), "Accuracy at step 10: 0.7457");
}

TEST(ClosingLines, ShowWhatIsKnown) {
  RunResult result;
  EXPECT_THAT(closing_lines(result), ElementsAre());
  result.final_accuracy = 0.9786;
  result.final_loss = 0.066912345;
  result.images_per_second = 81234.4;
  result.timings = {.data = 0.25, .engine = 0.5, .training = 3, .evaluation = 1, .total = 4.8125};
  EXPECT_THAT(closing_lines(result),
              ElementsAre("Final accuracy: 0.9786", "Final loss: 0.0669123",
                          "Images a second in training: 81234",
                          "Time: 0.250 s data, 0.500 s engine set-up, 3.000 s training, "
                          "1.000 s evaluation, 4.812 s in all"));
}

TEST(ClosingLines, NameTheDataSetFirst) {
  RunResult result;
  result.final_accuracy = 0.9786;
  result.dataset = {"mnist", "b2d8", 60000, 10000};
  EXPECT_EQ(closing_lines(result).front(), "Data set: mnist, 60000 + 10000 images");
  result.dataset = {"synthetic", "c0a8", 60000, 10000};
  EXPECT_EQ(closing_lines(result).front(), "Data set: synthetic digits, not MNIST");
}

TEST(ClosingLines, NameTheDeviceAndItsPrecision) {
  RunResult result;
  result.devices.emplace_back();
  result.devices[0].name = "NVIDIA H200";
  result.devices[0].precision = "tf32";
  EXPECT_THAT(closing_lines(result), ElementsAre("Device: NVIDIA H200, tf32"));
}

}  // namespace
}  // namespace mnist
