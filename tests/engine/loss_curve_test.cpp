// The losses of the two networks over 100 steps, against a recording of PyTorch's: the same initial
// values, images and batches, no dropout. record_with_pytorch.py makes the recording.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dataset/sample_order.hpp"
#include "engine/engine_under_test.hpp"
#include "network/named_networks.hpp"
#include "patterned_images.hpp"

namespace mnist {
namespace {

template <class Value>
std::uint32_t crc32_of(const std::vector<Value>& values) {
  static_assert(std::endian::native == std::endian::little);
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const unsigned char*>(values.data()),
                                          static_cast<unsigned>(values.size() * sizeof(Value))));
}

void expect_recorded_losses(const char* name) {
  std::ifstream file(MNIST_RECORDED_LOSSES);
  const auto recording = nlohmann::json::parse(file);
  const auto& recorded = recording.at("networks").at(name);
  const std::vector<double> losses = recorded.at("losses");
  const auto batch_size = recording.at("batch_size").get<int>();
  const std::uint64_t seed = recording.at("seed");

  const Dataset images =
      patterned_images({1, 28, 28}, recording.at("images"), recording.at("image_seed"));
  const NetworkPlan network = plan(named_network(name, images.image, 1));
  const std::vector<std::uint32_t> order =
      SampleOrder(seed, images.size(), static_cast<std::size_t>(batch_size))
          .batches(0, losses.size());
  const TrainingState begin = initial_state(network, seed);
  // Where these differ the losses have to.
  ASSERT_EQ(crc32_of(images.pixels), recording.at("images_crc32"));
  ASSERT_EQ(crc32_of(order), recording.at("order_crc32"));
  ASSERT_EQ(crc32_of(begin.parameters), recorded.at("parameters_crc32"));

  const std::unique_ptr<Engine> engine = make_engine_under_test({network, batch_size, seed});
  engine->load(images, images);
  engine->restore(begin);
  const std::vector<StepResult> found = engine->train(
      order, std::vector<float>(losses.size(), recorded.at("learning_rate").get<float>()));
  double largest = 0;
  for (std::size_t step = 0; step < losses.size(); ++step) {
    const double difference = std::abs(double{found[step].loss} / losses[step] - 1);
    largest = std::max(largest, difference);
    // record_with_pytorch.py --sensitivity says what rounding alone comes to.
    EXPECT_LT(difference, 1e-5) << "step " << step << ": " << found[step].loss << ", not "
                                << losses[step];
  }
  testing::Test::RecordProperty("largest_difference", std::to_string(largest));
  EXPECT_LT(losses.back(), 0.7 * losses.front()) << "there was nothing to learn";
}

TEST(LossCurve, OfMlpIsPyTorchs) { expect_recorded_losses("mlp"); }
TEST(LossCurve, OfLenetIsPyTorchs) { expect_recorded_losses("lenet"); }

}  // namespace
}  // namespace mnist
