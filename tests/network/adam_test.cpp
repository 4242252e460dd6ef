#include "network/adam.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mnist {
namespace {

TEST(AdamRate, AgreesWithPow) {
  for (const std::uint64_t step : {1u, 2u, 3u, 7u, 10u, 64u, 100u, 999u, 1000u, 12345u, 1000000u}) {
    const double power = static_cast<double>(step);
    const double expected =
        0.001f * std::sqrt(1 - std::pow(0.999, power)) / (1 - std::pow(0.9, power));
    // One rounding to float, and the doubles beside it are closer by far.
    EXPECT_NEAR(adam_rate(0.001f, step), expected, expected * 6.1e-8) << "step " << step;
  }
}

TEST(AdamRate, IsProportionalToTheLearningRateAndEndsAtIt) {
  EXPECT_EQ(adam_rate(0, 1), 0);
  EXPECT_FLOAT_EQ(adam_rate(0.5f, 3), 500 * adam_rate(0.001f, 3));
  EXPECT_EQ(adam_rate(0.001f, std::uint64_t{1} << 40), 0.001f);
}

// From moments of zero the first step is rate * 0.1 g / (sqrt(0.001) |g| + epsilon), where rate is
// lr * sqrt(0.001) / 0.1: the learning rate against the gradient's sign, whatever its size.
TEST(AdamUpdate, MovesByTheLearningRateInTheFirstStep) {
  for (const float gradient : {1e-3f, -0.02f, 5.0f, -3e4f}) {
    float parameter = 2;
    float first_moment = 0;
    float second_moment = 0;
    adam_update(gradient, adam_rate(0.01f, 1), parameter, first_moment, second_moment);
    EXPECT_FLOAT_EQ(first_moment, 0.1f * gradient);
    EXPECT_FLOAT_EQ(second_moment, 0.001f * gradient * gradient);
    // Epsilon is up to 3e-4 of the root here.
    EXPECT_NEAR(parameter, gradient > 0 ? 1.99 : 2.01, 5e-6) << "gradient " << gradient;
  }
}

// Worked by hand: m = 0.5 + (0.25 - 0.5) / 10 = 0.475, v = 4 + (0.0625 - 4) / 1000 = 3.9960625,
// and 1 - 0.1 * 0.475 / sqrt(3.9960625) = 0.97623829.
TEST(AdamUpdate, MovesTheMomentsTowardsTheGradient) {
  float parameter = 1;
  float first_moment = 0.5f;
  float second_moment = 4;
  adam_update(0.25f, 0.1f, parameter, first_moment, second_moment);
  EXPECT_FLOAT_EQ(first_moment, 0.475f);
  EXPECT_FLOAT_EQ(second_moment, 3.9960625f);
  EXPECT_FLOAT_EQ(parameter, 0.97623829f);
}

// TensorFlow adds epsilon to the root of the uncorrected moment. Where gradients are as small as
// epsilon the difference to PyTorch, which corrects first, is plain: 0.0000307 against 0.0005.
TEST(AdamUpdate, AddsEpsilonToTheUncorrectedRoot) {
  float parameter = 0;
  float first_moment = 0;
  float second_moment = 0;
  adam_update(1e-8f, adam_rate(0.001f, 1), parameter, first_moment, second_moment);
  // 0.001 * (s / 0.1) * 1e-9 / (s * 1e-8 + 1e-8) = 0.001 * s / (1 + s), s = sqrt(0.001).
  const double root = std::sqrt(0.001);
  EXPECT_NEAR(parameter, -0.001 * root / (1 + root), 1e-8);
}

TEST(AdamUpdate, LeavesAParameterWithoutGradientAlone) {
  float parameter = 3;
  float first_moment = 0;
  float second_moment = 0;
  adam_update(0, adam_rate(0.001f, 1), parameter, first_moment, second_moment);
  EXPECT_EQ(parameter, 3);
  EXPECT_EQ(first_moment, 0);
  EXPECT_EQ(second_moment, 0);
}

}  // namespace
}  // namespace mnist
