// What the two networks reach in 500 steps, on real MNIST where it is at hand and on the synthetic
// digits. Slow.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "dataset/sample_order.hpp"
#include "dataset/silent_events.hpp"
#include "dataset/synthetic_digits.hpp"
#include "engine/engine_under_test.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

double accuracy_after_500_steps(const char* name, const TrainingData& data, std::uint64_t seed) {
  constexpr int batch_size = 100;
  constexpr std::size_t steps = 500;
  const NetworkPlan network = plan(named_network(name, data.training.image, default_keep(name)));
  const std::unique_ptr<Engine> engine = make_engine_under_test({network, batch_size, seed});
  engine->load(data.training, data.test);
  engine->restore(initial_state(network, seed));
  engine->train(SampleOrder(seed, data.training.size(), batch_size).batches(0, steps),
                std::vector<float>(steps, 0.001f));
  const double accuracy = engine->evaluate().accuracy();
  std::cout << name << ", seed " << seed << ": " << accuracy << "\n";
  return accuracy;
}

class RealMnist : public testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("MNIST_TEST_DATA_DIR");
    DataRequest request;
    request.choice = DatasetChoice::mnist;
    request.folder = named ? named : MNIST_TEST_DATA_DIR;
    if (!exists(request.folder / "train-images-idx3-ubyte.gz"))
      GTEST_SKIP() << "real MNIST is not at hand: there is no " << request.folder.string();
    SilentEvents events;
    data_ = obtain(request, events);
  }

  TrainingData data_;
};

TEST_F(RealMnist, IsLearnt) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_GE(accuracy_after_500_steps("mlp", data_, seed), 0.945) << "mlp, seed " << seed;
    EXPECT_GE(accuracy_after_500_steps("lenet", data_, seed), 0.975) << "lenet, seed " << seed;
  }
}

// How near the synthetic digits are to handwriting: 0.95 on the average over seeds.
TEST_F(RealMnist, IsReadByWhoLearntFromSyntheticDigits) {
  data_.training = synthetic_digits(2).training;
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    EXPECT_GE(accuracy_after_500_steps("lenet", data_, seed), 0.93) << "seed " << seed;
}

TEST(SyntheticDigits, AreLearnt) {
  const TrainingData data = synthetic_digits(2);
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    EXPECT_GE(accuracy_after_500_steps("lenet", data, seed), 0.97) << "seed " << seed;
}

}  // namespace
}  // namespace mnist
