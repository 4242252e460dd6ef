// What the numbers of check_numbers() rest on, in double precision.
#include "checks/number_cases.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "reference_network.hpp"

namespace mnist {
namespace {

constexpr double tf32_step = 0x1p-10;  // between neighbours, as a share of the smaller

// The number, which is not 0, is a whole multiple of 2 to this power, and of no higher one.
int unit_exponent(double value) {
  int exponent = 0;
  const auto whole = static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  return exponent - 53 + std::countr_zero(static_cast<std::uint64_t>(whole));
}

template <class Values>
int common_unit_exponent(const Values& values) {
  int least = 1000;
  for (const double value : values)
    if (value != 0) least = std::min(least, unit_exponent(value));
  return least;
}

template <class Values>
double largest(const Values& values) {
  double size = 0;
  for (const double value : values) size = std::max(size, std::abs(value));
  return size;
}

// TF32 has 10 bits of fraction, and one that is not stored.
bool tf32_holds(double value) {
  return value == 0 || std::abs(value) < std::ldexp(1, unit_exponent(value) + 11);
}

std::vector<double> parameters_of(const NumberCase& of) {
  return {of.state.parameters.begin(), of.state.parameters.end()};
}

// A case in double precision.
struct Worked {
  Worked(const NumberTrial& trial, const NumberCase& of) : Worked(trial, of, parameters_of(of)) {}
  Worked(const NumberTrial& trial, const NumberCase& of, std::vector<double> with)
      : parameters(std::move(with)),
        reference(trial.config.network, trial.config.seed),
        pass(reference.forward(parameters, trial.images, of.batch, 0)),
        gradients(reference.gradients(parameters, pass, 0)) {}

  const std::vector<double>& input(std::size_t layer) const {
    return layer == 0 ? pass.input : pass.outputs[layer - 1];
  }
  std::span<const double> part(const ParameterRange& range) const {
    return std::span(parameters).subspan(range.offset, range.size);
  }

  std::vector<double> parameters;
  ReferenceNetwork reference;
  ReferencePass pass;
  std::vector<double> gradients;
};

bool is_whole(const NumberCase& of) { return of.tolerance == 0; }

void each_case(const std::function<void(const NumberTrial&, const NumberCase&)>& visit) {
  for (const char* model : {"lenet", "mlp"})
    for (const NumberTrial& trial : number_trials(model, Precision::fp32))
      for (const NumberCase& each : trial.cases) {
        SCOPED_TRACE(std::string(model) + ": " + trial.name + ", " + std::string(each.name));
        visit(trial, each);
      }
}

// How many layers there are up to the last one whose derivative has kinks; in whole numbers all are
// to be exact.
std::size_t layers_to_be_exact(const NumberTrial& trial, const NumberCase& of) {
  const auto& layers = trial.config.network.layers;
  if (is_whole(of)) return layers.size();
  const auto last = std::find_if(layers.rbegin(), layers.rend(), [](const PlannedLayer& layer) {
    return std::holds_alternative<Relu>(layer.spec) || std::holds_alternative<MaxPool>(layer.spec);
  });
  return static_cast<std::size_t>(layers.rend() - last);
}

// Every term, and so every sum of some of them in whatever order, is a whole number of units, and
// all terms together have so few that floats hold each such sum: engines can only agree on which
// inputs of a rectifier are above 0, and which of a window's is the largest, or equal.
TEST(NumberCases, DecideByExactSums) {
  each_case([](const NumberTrial& trial, const NumberCase& each) {
    const Worked worked(trial, each);
    for (std::size_t i = 0; i < layers_to_be_exact(trial, each); ++i) {
      SCOPED_TRACE("layer " + std::to_string(i));
      const PlannedLayer& layer = trial.config.network.layers[i];
      if (layer.weights.size == 0) continue;
      const auto weights = worked.part(layer.weights);
      const auto bias = worked.part(layer.bias);
      const std::vector<double>& input = worked.input(i);
      const int unit = std::min(common_unit_exponent(weights) + common_unit_exponent(input),
                                common_unit_exponent(bias));
      const double terms = static_cast<double>(weights.size() / bias.size());
      EXPECT_LT(terms * largest(weights) * largest(input) + largest(bias),
                std::ldexp(1, unit + 24));
      EXPECT_TRUE(std::all_of(input.begin(), input.end(), tf32_holds));
      EXPECT_TRUE(std::all_of(weights.begin(), weights.end(), tf32_holds));
      // At 0 itself libraries may differ in the derivative of a rectifier.
      if (!is_whole(each)) {
        EXPECT_EQ(std::count(worked.pass.outputs[i].begin(), worked.pass.outputs[i].end(), 0.0), 0);
      }
    }
  });
}

TEST(NumberCases, HaveRectifiersThatAreOnAndOff) {
  each_case([](const NumberTrial& trial, const NumberCase& each) {
    const Worked worked(trial, each);
    for (std::size_t i = 0; i < trial.config.network.layers.size(); ++i) {
      if (!std::holds_alternative<Relu>(trial.config.network.layers[i].spec)) continue;
      const std::vector<double>& outputs = worked.pass.outputs[i];
      const auto off = std::count(outputs.begin(), outputs.end(), 0.0);
      EXPECT_GT(off, outputs.size() / 4) << "layer " << i;
      EXPECT_LT(off, outputs.size() * 3 / 4) << "layer " << i;
    }
  });
}

// Whole numbers end in probabilities of 0 and 1 and whole gradients (over the batch's 8 images);
// many sizes in logits below 1.5, which the tolerance of TF32 rests on.
TEST(NumberCases, HaveTheLogitsThatTheyNeed) {
  each_case([](const NumberTrial& trial, const NumberCase& each) {
    const Worked worked(trial, each);
    const auto is_float = [](double value) { return static_cast<float>(value) == value; };
    if (is_whole(each)) {
      for (const double gradient : worked.pass.logit_gradients)
        EXPECT_EQ(gradient * 8, std::round(gradient * 8));
      EXPECT_TRUE(std::all_of(worked.gradients.begin(), worked.gradients.end(), is_float));
      EXPECT_LT(largest(worked.gradients), 0x1p20);
      EXPECT_TRUE(is_float(worked.pass.loss));
    } else {
      EXPECT_LT(largest(worked.pass.outputs.back()), 1.5);
    }
  });
}

// The largest difference between two sets of numbers, as a share of each number.
double change(const std::vector<double>& from, const std::vector<double>& to) {
  double most = 0;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (from[i] != to[i]) most = std::max(most, std::abs(to[i] / from[i] - 1));
  return most;
}

// Factors that are off by one step of TF32, all towards larger sums, all towards smaller ones, or
// each in a direction of its own, move no number by more than a few such steps.
TEST(NumberCases, OfManySizesCancelNothing) {
  each_case([](const NumberTrial& trial, const NumberCase& each) {
    if (is_whole(each)) return;
    const Worked worked(trial, each);
    EXPECT_NE(largest(worked.gradients), 0);
    for (const int direction : {1, -1, 0}) {
      std::vector<double> moved = worked.parameters;
      for (const PlannedLayer& layer : trial.config.network.layers)
        for (std::size_t i = layer.weights.offset; i < layer.weights.offset + layer.weights.size;
             ++i) {
          const int random = (i * 2654435761u >> 13) % 2 == 0 ? 1 : -1;
          if (!tf32_holds(moved[i]))
            moved[i] *= 1 + (direction != 0 ? direction : random) * tf32_step;
        }
      const Worked changed(trial, each, moved);
      EXPECT_LT(change(worked.gradients, changed.gradients), 6 * tf32_step);
      for (std::size_t i = 0; i < worked.pass.outputs.size(); ++i)
        EXPECT_LT(change(worked.pass.outputs[i], changed.pass.outputs[i]), 6 * tf32_step);
      EXPECT_LT(std::abs(changed.pass.loss / worked.pass.loss - 1), 6 * tf32_step);
    }
  });
}

TEST(NumberCases, HaveNoNumberThatMayUnderflow) {
  each_case([](const NumberTrial& trial, const NumberCase& each) {
    for (const double gradient : Worked(trial, each).gradients)
      ASSERT_FALSE(gradient != 0 && std::abs(gradient) < 1e-20);
  });
}

}  // namespace
}  // namespace mnist
