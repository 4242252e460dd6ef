// check_numbers() on the CUDA engine beside the CPU engine.
#include "checks/right_numbers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "checks/number_cases.hpp"
#include "cpu/cpu_engine.hpp"
#include "cuda/machine.hpp"
#include "engine/engine_under_test.hpp"

namespace mnist {
namespace {

std::unique_ptr<Engine> make_reference(const EngineConfig& config) {
  return make_cpu_engine(config, 2);
}

class RightNumbersOfCuda : public testing::TestWithParam<Precision> {
 protected:
  RightNumbersOfCuda() { cuda::machine().precision = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Each, RightNumbersOfCuda,
                         testing::Values(Precision::fp32, Precision::tf32));

TEST_P(RightNumbersOfCuda, AreRight) {
  for (const char* model : {"lenet", "mlp"})
    for (const Check& check :
         check_numbers(make_engine_under_test, make_reference, model, GetParam()))
      EXPECT_EQ(check.outcome, Outcome::passed)
          << model << ": " << check.name << ": " << check.found;
}

// How far apart the two are; to be much less than the tolerance, which is for any order of sums.
TEST_P(RightNumbersOfCuda, AreFarBetterThanTheyHaveToBe) {
  for (const char* model : {"lenet", "mlp"})
    for (const NumberTrial& trial : number_trials(model, GetParam())) {
      const auto cuda = make_engine_under_test(trial.config);
      const auto cpu = make_reference(trial.config);
      const NumberCase& sizes = trial.cases.back();
      for (Engine* engine : {cuda.get(), cpu.get()}) {
        engine->load(trial.images, trial.images);
        engine->restore(sizes.state);
      }
      const std::vector<float> found = cuda->probe(sizes.batch).gradients;
      const std::vector<float> expected = cpu->probe(sizes.batch).gradients;
      double largest = 0;
      for (std::size_t i = 0; i < expected.size(); ++i)
        if (expected[i] != 0)
          largest = std::max(largest, std::abs(double{found[i]} / double{expected[i]} - 1));
      EXPECT_LT(largest, sizes.tolerance / 5) << model << ": " << trial.name;
      RecordProperty(std::string(model) + " " + trial.name, std::to_string(largest * 1e6) + "e-6");
    }
}

}  // namespace
}  // namespace mnist
