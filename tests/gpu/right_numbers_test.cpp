// That a real GPU's numbers pass, and how long that takes: it is to be below 150 ms.
#include "checks/right_numbers.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "base/stopwatch.hpp"
#include "cpu/cpu_engine.hpp"
#include "engine/engine_under_test.hpp"

namespace mnist {
namespace {

TEST(RightNumbersOfGpu, AreRight) {
  const auto reference = [](const EngineConfig& config) { return make_cpu_engine(config, 4); };
  // A first engine starts CUDA, which is no part of the check.
  check_numbers(make_engine_under_test, reference, "mlp", Precision::fp32);
  for (const char* model : {"mlp", "lenet"})
    for (const Precision precision : {Precision::fp32, Precision::tf32}) {
      std::cout << model << (precision == Precision::fp32 ? ", fp32:" : ", tf32:");
      const Stopwatch watch;
      for (const Check& check :
           check_numbers(make_engine_under_test, reference, model, precision)) {
        std::cout << " " << check.name << " " << 1e3 * check.seconds << " ms,";
        EXPECT_EQ(check.outcome, Outcome::passed) << check.name << ": " << check.found;
      }
      std::cout << " in all " << 1e3 * watch.seconds() << " ms\n";
    }
}

}  // namespace
}  // namespace mnist
