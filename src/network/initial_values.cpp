#include "network/initial_values.hpp"

#include <cmath>
#include <numbers>

#include "base/philox.hpp"

namespace mnist {
namespace {

// log(x) for x > 0 by the series of the inverse hyperbolic tangent, from operations that IEEE 754
// fixes to the last bit.
double natural_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // in [0.5, 1)
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  const double ratio = (mantissa - 1) / (mantissa + 1);  // at most 0.172
  const double square = ratio * ratio;
  double series = 0;
  for (int odd = 23; odd >= 1; odd -= 2) series = series * square + 1.0 / odd;
  return exponent * std::numbers::ln2 + 2 * ratio * series;
}

// The highest power first.
template <std::size_t Count>
double polynomial(const double (&coefficients)[Count], double x) {
  double value = 0;
  for (const double coefficient : coefficients) value = value * x + coefficient;
  return value;
}

// The standard normal distribution function at 2.
constexpr double below_two_sigmas = 0.97724986805182079;

// Uniform in the open interval (0, 1); each value has words of its own.
double uniform(std::uint64_t seed, std::size_t index) {
  const RandomBlock block = philox(seed, RandomPurpose::initial_values, 0, index / 4);
  return (block.word[index % 4] + 0.5) / 4294967296.0;
}

float initial_weight(Initialization initialization, double fan_in, double probability) {
  switch (initialization) {
    case Initialization::truncated_normal: {
      const double below = 1 - below_two_sigmas;
      return static_cast<float>(0.1 *
                                inverse_normal(below + probability * (below_two_sigmas - below)));
    }
    case Initialization::he_normal:
      return static_cast<float>(std::sqrt(2 / fan_in) * inverse_normal(probability));
  }
  return 0;  // not reached: every enumerator returns
}

}  // namespace

double inverse_normal(double probability) {
  const double q = probability - 0.5;
  if (std::abs(q) <= 0.425) {
    static constexpr double numerator[]{2.5090809287301226727e3, 3.3430575583588128105e4,
                                        6.7265770927008700853e4, 4.5921953931549871457e4,
                                        1.3731693765509461125e4, 1.9715909503065514427e3,
                                        1.3314166789178437745e2, 3.3871328727963666080e0};
    static constexpr double denominator[]{5.2264952788528545610e3, 2.8729085735721942674e4,
                                          3.9307895800092710610e4, 2.1213794301586595867e4,
                                          5.3941960214247511077e3, 6.8718700749205790830e2,
                                          4.2313330701600911252e1, 1.0};
    const double r = 0.180625 - q * q;
    return q * polynomial(numerator, r) / polynomial(denominator, r);
  }
  const double tail = q < 0 ? probability : 1 - probability;
  double r = std::sqrt(-natural_log(tail));
  double value = 0;
  if (r <= 5) {
    static constexpr double numerator[]{7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                        2.41780725177450611770e-1, 1.27045825245236838258e0,
                                        3.64784832476320460504e0,  5.76949722146069140550e0,
                                        4.63033784615654529590e0,  1.42343711074968357734e0};
    static constexpr double denominator[]{1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                          1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                          6.89767334985100004550e-1, 1.67638483018380384940e0,
                                          2.05319162663775882187e0,  1.0};
    r -= 1.6;
    value = polynomial(numerator, r) / polynomial(denominator, r);
  } else {
    static constexpr double numerator[]{2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                        1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                        2.96560571828504891230e-1, 1.78482653991729133580e0,
                                        5.46378491116411436990e0,  6.65790464350110377720e0};
    static constexpr double denominator[]{2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                          1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                          1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                          5.99832206555887937690e-1,  1.0};
    r -= 5;
    value = polynomial(numerator, r) / polynomial(denominator, r);
  }
  return q < 0 ? -value : value;
}

std::vector<float> initial_parameters(const NetworkPlan& plan, std::uint64_t seed) {
  std::vector<float> parameters(plan.parameter_count);
  const float bias = plan.initialization == Initialization::truncated_normal ? 0.1f : 0.0f;
  for (const PlannedLayer& layer : plan.layers) {
    if (layer.weights.size == 0) continue;
    const double fan_in =
        static_cast<double>(layer.weights.size) / static_cast<double>(layer.bias.size);
    for (std::size_t i = 0; i < layer.weights.size; ++i) {
      const std::size_t index = layer.weights.offset + i;
      parameters[index] = initial_weight(plan.initialization, fan_in, uniform(seed, index));
    }
    for (std::size_t i = 0; i < layer.bias.size; ++i) parameters[layer.bias.offset + i] = bias;
  }
  return parameters;
}

}  // namespace mnist
