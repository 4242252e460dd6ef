// The kernels' bodies, run on the host: what each piece of work computes, whatever the order.
#include "cuda/kernels.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <cmath>
#include <limits>
#include <vector>

#include "patterned_images.hpp"

namespace mnist::cuda {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// From the last piece to the first, so that none leans on one before it.
template <class Body>
void run(const Body& body) {
  for (std::size_t index = body.count(); index-- > 0;) body(static_cast<std::uint32_t>(index));
}

// Three images of 2 pixels; batches of 2.
struct SmallSet {
  std::vector<std::uint8_t> pixels{0, 51, 255, 102, 153, 204};
  std::vector<std::uint8_t> labels{1, 7, 4};
  std::vector<std::uint32_t> order{2, 0, 1, 1};
  Progress progress;
  Batches batches{.pixels = pixels.data(),
                  .labels = labels.data(),
                  .order = order.data(),
                  .progress = &progress,
                  .batch_size = 2,
                  .image_size = 2};
};

TEST(GatherImagesKernel, ScalesTheImagesOfTheNextBatch) {
  SmallSet set;
  std::vector<float> images(4, nan);
  const GatherImages gather{set.batches, images.data()};
  EXPECT_EQ(gather.count(), 4u);
  run(gather);
  EXPECT_THAT(images, ElementsAre(0.6f, 0.8f, 0, 0.2f));
  EXPECT_EQ(set.progress.current, 0u);
  EXPECT_EQ(set.progress.next, 0u) << "the loss moves the queue on, not the images";
  set.progress.next = 1;
  run(gather);
  EXPECT_THAT(images, ElementsAre(1, 0.4f, 1, 0.4f));
  EXPECT_EQ(set.progress.current, 1u);
}

// What a step's kernels tell each other through Progress, for two steps in a row.
TEST(SoftmaxLossKernel, PutsEachBatchInItsPlaceAndMovesOn) {
  SmallSet set;
  std::vector<float> images(4);
  std::vector<float> logits(20);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i % 7) / 4;
  std::vector<float> gradients(20, nan);
  std::vector<SampleLoss> losses(4, {nan, false});
  const SoftmaxLoss loss{set.batches, logits.data(), gradients.data(), 0.5f, losses.data()};
  EXPECT_EQ(loss.count(), 2u);
  for (std::uint32_t batch = 0; batch < 2; ++batch) {
    run(GatherImages{set.batches, images.data()});
    run(loss);
    EXPECT_EQ(set.progress.current, batch);
    EXPECT_EQ(set.progress.next, batch + 1);
    for (std::size_t image = 0; image < 2; ++image) {
      std::vector<float> expected_gradients(10);
      const SampleLoss expected =
          softmax_cross_entropy(&logits[image * 10], 10, set.labels[set.order[batch * 2 + image]],
                                0.5f, expected_gradients.data());
      EXPECT_EQ(losses[batch * 2 + image].loss, expected.loss);
      EXPECT_EQ(losses[batch * 2 + image].correct, expected.correct);
      EXPECT_EQ(std::vector(&gradients[image * 10], &gradients[image * 10] + 10),
                expected_gradients);
    }
  }
}

TEST(SoftmaxLossKernel, DoesWithoutGradients) {
  SmallSet set;
  const std::vector<float> logits(20);
  std::vector<SampleLoss> losses(2);
  run(SoftmaxLoss{set.batches, logits.data(), nullptr, 1, losses.data()});
  EXPECT_FLOAT_EQ(losses[1].loss, std::log(10.0f));
}

TEST(AdamUpdateKernel, TakesTheRateOfTheBatchInHand) {
  const std::vector<float> gradients{1, -2, 0};
  const std::vector<float> rates{9, 0.25f};
  const Progress progress{.next = 0, .current = 1, .first_step = 40};
  std::vector<float> parameters{1, 2, 3};
  std::vector<float> first{0.5f, 0, -1};
  std::vector<float> second{0.25f, 0, 4};
  std::vector<float> expected[] = {parameters, first, second};
  for (std::size_t i = 0; i < 3; ++i)
    adam_update(gradients[i], 0.25f, expected[0][i], expected[1][i], expected[2][i]);
  const AdamUpdate update{gradients.data(), rates.data(),  &progress,       parameters.data(),
                          first.data(),     second.data(), gradients.size()};
  EXPECT_EQ(update.count(), 3u);
  run(update);
  EXPECT_EQ(parameters, expected[0]);
  EXPECT_EQ(first, expected[1]);
  EXPECT_EQ(second, expected[2]);
}

TEST(ApplyDropoutKernel, KeepsWhatTheFormulaKeeps) {
  constexpr std::size_t size = 8 * 50 + 3;  // the last block is not whole
  const Progress progress{.next = 9, .current = 5, .first_step = 30};
  const std::vector<float> input(size, 2);
  std::vector<float> output(size + 5, nan);
  const ApplyDropout dropout{.input = input.data(),
                             .output = output.data(),
                             .value_count = size,
                             .progress = &progress,
                             .seed = 0x123456789abcdefu,
                             .layer = 4,
                             .keep = 0.8f};
  EXPECT_EQ(dropout.count(), 51u);
  run(dropout);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const RandomBlock bits =
        dropout_bits(0x123456789abcdefu, 35, 4, static_cast<std::uint32_t>(i / 8));
    const bool keeps = dropout_keeps(bits, static_cast<int>(i % 8), dropout_threshold(0.8f));
    kept += keeps;
    EXPECT_EQ(output[i], keeps ? 2 * (1 / 0.8f) : 0) << i;
  }
  EXPECT_GT(kept, size / 2);
  EXPECT_LT(kept, size);
  for (std::size_t i = size; i < output.size(); ++i) EXPECT_TRUE(std::isnan(output[i])) << i;
}

// Two planes of 5 x 7 with windows of 2: a row and a column are left over.
struct Pooling {
  PoolGeometry shape{.images_times_channels = 2,
                     .window = 2,
                     .input_height = 5,
                     .input_width = 7,
                     .output_height = 2,
                     .output_width = 3};
  std::vector<float> input = std::vector<float>(70, -5);
  std::vector<float> output = std::vector<float>(12, nan);
  std::vector<std::uint16_t> winners = std::vector<std::uint16_t>(12, 99);

  void forward() { run(MaxPoolForward{shape, input.data(), output.data(), winners.data()}); }
  std::vector<float> backward(const std::vector<float>& grad_output) {
    std::vector<float> gradients(70, nan);
    run(MaxPoolBackward{shape, grad_output.data(), winners.data(), gradients.data()});
    return gradients;
  }
};

TEST(MaxPoolKernels, TakeTheLargestAndGiveItTheGradient) {
  Pooling pooling;
  pooling.input[1 * 7 + 2] = 3;       // window (0, 1) of plane 0, place 2
  pooling.input[35 + 2 * 7 + 5] = 4;  // window (1, 2) of plane 1, place 1
  pooling.input[0 * 7 + 6] = 9;       // left over
  pooling.input[35 + 4 * 7 + 0] = 9;  // left over
  EXPECT_EQ((MaxPoolForward{.shape = pooling.shape}.count()), 12u);
  EXPECT_EQ((MaxPoolBackward{.shape = pooling.shape}.count()), 70u);
  pooling.forward();
  EXPECT_THAT(pooling.output, ElementsAre(-5, 3, -5, -5, -5, -5, -5, -5, -5, -5, -5, 4));
  EXPECT_THAT(pooling.winners, ElementsAre(0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  std::vector<float> grad_output;
  for (float value = 1; value <= 12; ++value) grad_output.push_back(value);
  std::vector<float> expected(70);
  for (std::size_t window = 0; window < 12; ++window) {
    const std::size_t corner = window / 6 * 35 + window % 6 / 3 * 2 * 7 + window % 3 * 2;
    const std::size_t place = window == 1 ? 7 : window == 11 ? 1 : 0;
    expected[corner + place] = grad_output[window];
  }
  EXPECT_EQ(pooling.backward(grad_output), expected);
}

TEST(MaxPoolKernels, GiveTiesToTheFirstInRowOrder) {
  Pooling pooling;
  for (const std::size_t place : {1u, 7u, 8u}) pooling.input[place] = 2;
  pooling.forward();
  EXPECT_EQ(pooling.winners[0], 1);
  pooling.input.assign(70, 0);
  pooling.forward();
  EXPECT_THAT(pooling.winners, Each(0));
}

TEST(MaxPoolKernels, LetANanWin) {
  Pooling pooling;
  pooling.input[0] = 7;
  pooling.input[7] = nan;
  pooling.input[8] = 8;
  pooling.input[2] = nan;  // the first of its window
  pooling.input[3] = 1;
  pooling.forward();
  EXPECT_TRUE(std::isnan(pooling.output[0]));
  EXPECT_EQ(pooling.winners[0], 2);
  EXPECT_TRUE(std::isnan(pooling.output[1]));
  EXPECT_EQ(pooling.winners[1], 0);
}

TEST(MaxPoolKernels, DoWithoutWinners) {
  Pooling pooling;
  run(MaxPoolForward{pooling.shape, pooling.input.data(), pooling.output.data(), nullptr});
  EXPECT_THAT(pooling.output, Each(-5));
}

TEST(Kernels, CountMoreThan32BitsHold) {
  constexpr std::size_t many = std::size_t{1} << 33;
  EXPECT_EQ((GatherImages{{.batch_size = 1u << 20, .image_size = 1u << 13}, nullptr}.count()),
            many);
  const PoolGeometry large{.images_times_channels = 1u << 21,
                           .window = 1,
                           .input_height = 64,
                           .input_width = 64,
                           .output_height = 64,
                           .output_width = 64};
  EXPECT_EQ((MaxPoolForward{.shape = large}.count()), many);
  EXPECT_EQ((MaxPoolBackward{.shape = large}.count()), many);
  EXPECT_EQ((ApplyDropout{.value_count = many * 8}.count()), many);
  EXPECT_GT(many, most_pieces) << "which launch() refuses";
  EXPECT_EQ(large.input_index(large.images_times_channels, 0, 0), many);
  EXPECT_EQ(large.output_index(large.images_times_channels, 0, 0), many);
}

// Addresses without memory behind them, except where something is read or written.
template <class Value>
class FarArray {
 public:
  explicit FarArray(std::size_t size) : bytes_(size * sizeof(Value)) {
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  ~FarArray() {
    if (there()) ::munmap(memory_, bytes_);
  }
  FarArray(const FarArray&) = delete;
  FarArray& operator=(const FarArray&) = delete;

  bool there() const { return memory_ != MAP_FAILED; }
  Value* data() const { return static_cast<Value*>(memory_); }

 private:
  std::size_t bytes_;
  void* memory_;
};

// A set, a batch and a pooling layer's input may have 2^32 values and more.
TEST(Kernels, ReachBeyond32Bits) {
  constexpr std::uint32_t sample = 6'000'000;
  constexpr std::uint32_t image_size = 784;
  const FarArray<std::uint8_t> pixels(std::size_t{sample + 1} * image_size);
  const PoolGeometry large{.images_times_channels = 1u << 20,
                           .window = 64,
                           .input_height = 64,
                           .input_width = 65,
                           .output_height = 1,
                           .output_width = 1};
  const std::size_t last_plane = (std::size_t{1} << 20) * 64 * 65 - 64 * 65;
  const FarArray<float> input(last_plane + 64 * 65);
  if (!pixels.there() || !input.there()) GTEST_SKIP() << "this machine has too few addresses";

  pixels.data()[std::size_t{sample} * image_size + 5] = 255;
  const std::uint32_t order[] = {sample};
  Progress progress;
  std::vector<float> image(image_size);
  const GatherImages gather{{.pixels = pixels.data(),
                             .order = order,
                             .progress = &progress,
                             .batch_size = 1,
                             .image_size = image_size},
                            image.data()};
  gather(5);
  EXPECT_EQ(image[5], 1);

  input.data()[last_plane + 63 * 65 + 63] = 2;
  const FarArray<float> output(1u << 20);
  MaxPoolForward{large, input.data(), output.data(), nullptr}((1u << 20) - 1);
  EXPECT_EQ(output.data()[(1u << 20) - 1], 2);
}

}  // namespace
}  // namespace mnist::cuda
