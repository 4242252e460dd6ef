#include "report/closing_lines.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "report/sample_results.hpp"

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
  result.timings = {.checks = 0.125,
                    .data = 0.25,
                    .engine = 0.5,
                    .training = 3,
                    .evaluation = 1,
                    .total = 4.8125};
  EXPECT_THAT(
      closing_lines(result),
      ElementsAre("Final accuracy: 0.9786", "Final loss: 0.0669123",
                  "Images a second in training: 81234",
                  "Time: 0.125 s checks, 0.250 s data, 0.500 s engine set-up, 3.000 s training, "
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

TEST(ClosingLines, TellOfRoundsRatesAndHealth) {
  RunResult result;
  result.rounds = 3;
  result.bandwidth = Bandwidth{{25.125, 31.5}, {3900, std::nullopt}, {45.25, 60}};
  result.health = sample_health();
  EXPECT_THAT(
      closing_lines(result),
      ElementsAre("Rounds of training: 3", "Host to device: 25.1 GB/s (promised 31.5)",
                  "Device to device: 3900.0 GB/s", "Matrix product: 45.2 TFLOP/s (promised 60.0)",
                  "GPU under load: 38 to 45 C, 176 to 276 W, SM clock 1920 to 1950 MHz, "
                  "40 to 80% busy"));
}

TEST(ClosingLines, TellWhatDidNotChangeOnce) {
  RunResult result;
  result.rounds = 1;
  result.health = HealthRecord{};
  EXPECT_THAT(closing_lines(result), ElementsAre()) << "nothing is known";
  result.health->samples.resize(2);
  for (HealthSample& sample : result.health->samples) sample.under_load = true;
  result.health->samples[0].temperature_celsius = 45;
  EXPECT_THAT(closing_lines(result), ElementsAre("GPU under load: 45 C"));
  result.health->samples[0].under_load = false;
  EXPECT_THAT(closing_lines(result), ElementsAre());
}

TEST(ClosingLines, TellWhatWasNotJudged) {
  RunResult result;
  result.checks = sample_checks();
  EXPECT_THAT(closing_lines(result),
              ElementsAre("Not judged: temperature (the GPU was used for 0.1 s; --soak 10 would)"));
}

TEST(ClosingLines, TellWhatCameOfEachGpu) {
  EXPECT_THAT(
      closing_lines(two_gpu_result()),
      ElementsAre("GPU 2, GPU-4f8e2a51 (NVIDIA H200): failed (21): GPU health threshold: 1 row is "
                  "pending; reset the GPU",
                  "GPU 3, GPU-b (NVIDIA H200): failed (20): GPU hardware fault: it fell off the "
                  "bus; drain the node"));
}

}  // namespace
}  // namespace mnist
