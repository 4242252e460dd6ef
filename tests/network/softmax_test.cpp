#include "network/softmax.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace mnist {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::FloatNear;

TEST(SoftmaxCrossEntropy, IsLogTenForTenEqualLogits) {
  constexpr std::array<float, 10> logits{};
  std::array<float, 10> gradient{};
  const SampleLoss result = softmax_cross_entropy(logits.data(), 10, 3, 1, gradient.data());
  EXPECT_FLOAT_EQ(result.loss, static_cast<float>(std::numbers::ln10));
  EXPECT_FLOAT_EQ(gradient[3], -0.9f);
  gradient[3] = 0.1f;
  EXPECT_THAT(gradient, Each(FloatEq(0.1f)));
}

// Logits 0, ln 2, ln 5: probabilities 1/8, 2/8, 5/8.
TEST(SoftmaxCrossEntropy, AgreesWithAHandWorkedExample) {
  const std::array<float, 3> logits{0, std::log(2.0f), std::log(5.0f)};
  std::array<float, 3> gradient{};
  const SampleLoss result = softmax_cross_entropy(logits.data(), 3, 1, 0.5f, gradient.data());
  EXPECT_FLOAT_EQ(result.loss, std::log(4.0f));
  EXPECT_FALSE(result.correct);
  EXPECT_THAT(gradient, ElementsAre(FloatNear(0.0625f, 1e-7f), FloatNear(-0.375f, 1e-7f),
                                    FloatNear(0.3125f, 1e-7f)));
  EXPECT_TRUE(softmax_cross_entropy(logits.data(), 3, 2, 1, nullptr).correct);
}

TEST(SoftmaxCrossEntropy, NeitherOverflowsNorVanishes) {
  constexpr std::array<float, 3> logits{1e4f, -1e4f, 0};
  std::array<float, 3> gradient{};
  const SampleLoss sure = softmax_cross_entropy(logits.data(), 3, 0, 1, gradient.data());
  EXPECT_EQ(sure.loss, 0);
  EXPECT_THAT(gradient, ElementsAre(0, 0, 0));
  const SampleLoss wrong = softmax_cross_entropy(logits.data(), 3, 1, 1, gradient.data());
  EXPECT_EQ(wrong.loss, 2e4f);
  EXPECT_THAT(gradient, ElementsAre(1, -1, 0));
}

TEST(SoftmaxCrossEntropy, CountsTheFirstOfEqualLogitsAsTheAnswer) {
  constexpr std::array<float, 3> logits{1, 2, 2};
  EXPECT_TRUE(softmax_cross_entropy(logits.data(), 3, 1, 1, nullptr).correct);
  EXPECT_FALSE(softmax_cross_entropy(logits.data(), 3, 2, 1, nullptr).correct);
}

// A diverged network must not look like one that learns.
TEST(SoftmaxCrossEntropy, LosesToNoLogitThatIsNotANumber) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (int place = 0; place < 3; ++place) {
    for (int label = 0; label < 3; ++label) {
      std::array<float, 3> logits{1, 2, 3};
      logits[static_cast<std::size_t>(place)] = nan;
      EXPECT_TRUE(std::isnan(softmax_cross_entropy(logits.data(), 3, label, 1, nullptr).loss))
          << "NaN at " << place << ", label " << label;
      logits[static_cast<std::size_t>(place)] = infinity;
      EXPECT_FALSE(std::isfinite(softmax_cross_entropy(logits.data(), 3, label, 1, nullptr).loss))
          << "infinity at " << place << ", label " << label;
    }
  }
}

}  // namespace
}  // namespace mnist
