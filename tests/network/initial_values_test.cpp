#include "network/initial_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

#include "network/named_networks.hpp"

namespace mnist {
namespace {

constexpr Shape mnist_image{1, 28, 28};

// Quantiles from tables of the normal distribution, in the centre, beside each change of formula
// (0.075, and the tail of about 1.4e-11) and far out.
TEST(InverseNormal, AgreesWithKnownQuantiles) {
  constexpr struct {
    double probability;
    double quantile;
  } known[]{{0.5, 0},
            {0.6, 0.25334710313579978},
            {0.75, 0.67448975019608171},
            {0.925, 1.4395314709384563},
            {0.9250001, 1.4395321774},
            {0.975, 1.9599639845400545},
            {0.99, 2.3263478740408408},
            {0.999, 3.0902323061678132},
            {1e-9, -5.9978070150076874},
            {1e-20, -9.2623400897984078}};
  for (const auto& [probability, quantile] : known)
    EXPECT_NEAR(inverse_normal(probability), quantile, 1e-9) << "at " << probability;
}

// Against the distribution function that it inverts, at every scale.
TEST(InverseNormal, UndoesTheDistributionFunction) {
  const auto distribution = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  for (double x = -8; x <= 0; x += 0.0625) {
    // The quantile's relative error shows in the tail as |x| squared of the probability's.
    const double tolerance = 1e-14 * (1 + x * x);
    EXPECT_NEAR(distribution(inverse_normal(distribution(x))) / distribution(x), 1, tolerance)
        << "at " << x;
  }
}

TEST(InverseNormal, IsSymmetric) {
  for (double p = 1.0 / 1024; p < 0.5; p += 1.0 / 1024)
    EXPECT_EQ(inverse_normal(p), -inverse_normal(1 - p)) << "at " << p;
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

Moments moments(std::span<const float> values) {
  Moments result;
  for (const float value : values) result.mean += value;
  result.mean /= static_cast<double>(values.size());
  for (const float value : values)
    result.deviation += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(result.deviation / static_cast<double>(values.size()));
  return result;
}

std::span<const float> range_of(const std::vector<float>& parameters, const ParameterRange& range) {
  return std::span(parameters).subspan(range.offset, range.size);
}

// He et al.: sigma sqrt(2 / fan-in), mean 0, biases 0. The mean of n values deviates by sigma /
// sqrt(n), their deviation by sigma / sqrt(2 n); five of each are allowed.
TEST(InitialParameters, OfLenetAreHeNormal) {
  const NetworkPlan lenet = plan(named_network("lenet", mnist_image, 1));
  const std::vector<float> parameters = initial_parameters(lenet, 0);
  for (const PlannedLayer& layer : lenet.layers) {
    if (layer.weights.size == 0) continue;
    const bool convolution = std::holds_alternative<Conv2d>(layer.spec);
    const double fan_in =
        convolution ? layer.input.channels * 25.0 : static_cast<double>(layer.input.size());
    const double sigma = std::sqrt(2 / fan_in);
    const double root = std::sqrt(static_cast<double>(layer.weights.size));
    const Moments found = moments(range_of(parameters, layer.weights));
    EXPECT_NEAR(found.mean, 0, 5 * sigma / root);
    EXPECT_NEAR(found.deviation, sigma, 5 * sigma / root / std::sqrt(2));
    for (const float bias : range_of(parameters, layer.bias)) EXPECT_EQ(bias, 0.0f);
  }
}

// Sigma 0.1, drawn within two sigmas, which leaves a deviation of 0.0879626.
TEST(InitialParameters, OfMlpAreTruncatedNormal) {
  const NetworkPlan mlp = plan(named_network("mlp", mnist_image, 0.9f));
  const std::vector<float> parameters = initial_parameters(mlp, 0);
  const std::span<const float> weights = range_of(parameters, mlp.layers[0].weights);
  const Moments found = moments(weights);
  EXPECT_NEAR(found.mean, 0, 5 * 0.088 / std::sqrt(392000.0));
  EXPECT_NEAR(found.deviation, 0.0879626, 5 * 0.088 / std::sqrt(2 * 392000.0));
  const auto [smallest, largest] = std::minmax_element(weights.begin(), weights.end());
  EXPECT_GE(*smallest, -0.2f);
  EXPECT_LE(*largest, 0.2f);
  EXPECT_LT(*smallest, -0.1999f);
  EXPECT_GT(*largest, 0.1999f);
  for (const PlannedLayer& layer : mlp.layers)
    for (const float bias : range_of(parameters, layer.bias)) EXPECT_EQ(bias, 0.1f);
}

TEST(InitialParameters, DifferFromSeedToSeedAndLayerToLayer) {
  const NetworkPlan lenet = plan(named_network("lenet", mnist_image, 1));
  const std::vector<float> parameters = initial_parameters(lenet, 0);
  EXPECT_EQ(parameters, initial_parameters(lenet, 0));
  EXPECT_NE(parameters[0], initial_parameters(lenet, 1)[0]);
  EXPECT_NE(parameters[0], initial_parameters(lenet, std::uint64_t{1} << 32)[0]);
  std::vector<float> weights(range_of(parameters, lenet.layers[6].weights).begin(),
                             range_of(parameters, lenet.layers[6].weights).end());
  std::sort(weights.begin(), weights.end());
  // Of 65,536 draws from 2^32 numbers, rounded to floats, few coincide; a repeated block would
  // show.
  EXPECT_LT(weights.end() - std::unique(weights.begin(), weights.end()), 1000);
}

// FNV-1a of the bytes, lowest first.
std::uint64_t hash_of(std::span<const float> values) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const float value : values) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8)
      hash = (hash ^ ((bits >> shift) & 0xff)) * 0x100000001b3u;
  }
  return hash;
}

// The same on every processor, compiler and level of optimization. Another hash means that a seed
// means something else than it did.
TEST(InitialParameters, OfSeedZeroAreKnown) {
  EXPECT_EQ(hash_of(initial_parameters(plan(named_network("mlp", mnist_image, 0.9f)), 0)),
            4409269722502462524u);
  EXPECT_EQ(hash_of(initial_parameters(plan(named_network("lenet", mnist_image, 1)), 0)),
            3551197751672391107u);
}

}  // namespace
}  // namespace mnist
