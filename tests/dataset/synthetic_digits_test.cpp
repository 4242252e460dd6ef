#include "dataset/synthetic_digits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/synthetic_sha256.hpp"
#include "dataset/sample_set.hpp"
#include "dataset/sha256.hpp"

namespace mnist {
namespace {

constexpr int side = 28;
constexpr std::size_t image_size = side * side;

std::span<const std::uint8_t> image(const Dataset& dataset, std::size_t index) {
  return std::span(dataset.pixels).subspan(index * image_size, image_size);
}

std::string_view text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string idx_files(const Dataset& dataset) {
  const auto count = static_cast<std::uint32_t>(dataset.size());
  return idx(0x803, {count, side, side}, text(dataset.pixels)) +
         idx(0x801, {count}, text(dataset.labels));
}

// One set for all cases that a test program runs.
class SyntheticDigits : public testing::Test {
 protected:
  static void SetUpTestSuite() { data_ = new TrainingData(synthetic_digits(2)); }
  static void TearDownTestSuite() { delete data_; }
  static void for_each_image(auto&& visit) {
    for (const Dataset* dataset : {&data_->training, &data_->test})
      for (std::size_t i = 0; i < dataset->size(); ++i) visit(image(*dataset, i));
  }

  static inline const TrainingData* data_ = nullptr;
};

// A processor or compiler that makes other bytes fails here. Where the digits were changed on
// purpose, data/synthetic_sha256.txt is changed with them.
TEST_F(SyntheticDigits, AreTheOnesKnownByTheirHash) {
  EXPECT_EQ(data_->sha256 + "\n", embedded::synthetic_sha256);
}

TEST_F(SyntheticDigits, AreHashedAsIdxFiles) {
  const std::string files = idx_files(data_->training) + idx_files(data_->test);
  EXPECT_EQ(data_->sha256, sha256_hex(std::as_bytes(std::span(files))));
}

TEST_F(SyntheticDigits, AreTheSameForAnyNumberOfThreads) {
  for (const int threads : {1, 3, 7}) {
    const TrainingData other = synthetic_digits(threads);
    EXPECT_TRUE(other.training.pixels == data_->training.pixels) << threads << " threads";
    EXPECT_TRUE(other.training.labels == data_->training.labels) << threads << " threads";
    EXPECT_TRUE(other.test.pixels == data_->test.pixels) << threads << " threads";
    EXPECT_TRUE(other.test.labels == data_->test.labels) << threads << " threads";
  }
}

TEST_F(SyntheticDigits, HaveMnistsSizesAndEachDigitEquallyOften) {
  EXPECT_EQ(data_->name, "synthetic");
  EXPECT_EQ(data_->training.size(), 60000u);
  EXPECT_EQ(data_->test.size(), 10000u);
  for (const Dataset* dataset : {&data_->training, &data_->test}) {
    EXPECT_EQ(dataset->image, (Shape{1, side, side}));
    ASSERT_EQ(dataset->pixels.size(), dataset->size() * image_size);
    for (int digit = 0; digit < class_count; ++digit)
      EXPECT_EQ(static_cast<std::size_t>(
                    std::count(dataset->labels.begin(), dataset->labels.end(), digit)),
                dataset->size() / class_count);
  }
}

TEST_F(SyntheticDigits, AreAllDifferent) {
  std::unordered_set<std::string_view> seen;
  for_each_image([&](std::span<const std::uint8_t> pixels) { seen.insert(text(pixels)); });
  EXPECT_EQ(seen.size(), data_->training.size() + data_->test.size());
}

TEST_F(SyntheticDigits, FillABoxOf20By20) {
  std::size_t strays = 0;
  for_each_image([&](std::span<const std::uint8_t> pixels) {
    int top = side, bottom = -1, left = side, right = -1;
    for (int row = 0; row < side; ++row)
      for (int column = 0; column < side; ++column) {
        if (pixels[static_cast<std::size_t>(row * side + column)] == 0) continue;
        top = std::min(top, row);
        bottom = std::max(bottom, row);
        left = std::min(left, column);
        right = std::max(right, column);
      }
    if (std::max(bottom - top, right - left) + 1 != 20) ++strays;
  });
  EXPECT_EQ(strays, 0u);
}

// All but a few lopsided ones, whose box would leave the image if it moved any further.
TEST_F(SyntheticDigits, HaveTheirMassInTheMiddle) {
  std::size_t lopsided = 0;
  double farthest = 0;
  for_each_image([&](std::span<const std::uint8_t> pixels) {
    double mass = 0, across = 0, down = 0;
    for (int row = 0; row < side; ++row)
      for (int column = 0; column < side; ++column) {
        const double ink = pixels[static_cast<std::size_t>(row * side + column)];
        mass += ink;
        across += ink * column;
        down += ink * row;
      }
    const double off = std::max(std::abs(across / mass - 14), std::abs(down / mass - 14));
    if (off > 0.5) ++lopsided;
    farthest = std::max(farthest, off);
  });
  EXPECT_LT(lopsided, 20u);
  EXPECT_LT(farthest, 2);
}

// Black paper, white ink, and a rim of grey between them; MNIST's pixels have 0.13 of full ink
// on the average, and half of those with any are grey.
TEST_F(SyntheticDigits, AreWhiteOnBlackWithGreyEdges) {
  double brightness = 0, inked = 0, grey = 0;
  std::size_t faint = 0;
  for_each_image([&](std::span<const std::uint8_t> pixels) {
    if (*std::max_element(pixels.begin(), pixels.end()) < 200) ++faint;
    for (const std::uint8_t pixel : pixels) {
      brightness += pixel / 255.0;
      inked += pixel > 25;
      grey += pixel > 25 && pixel < 230;
    }
  });
  EXPECT_EQ(faint, 0u);
  EXPECT_NEAR(brightness / (70000.0 * image_size), 0.13, 0.02);
  EXPECT_NEAR(grey / inked, 0.5, 0.1);
}

// Two images of a digit differ about as much as two of MNIST's do, and so do two pens.
TEST_F(SyntheticDigits, VaryWithinADigit) {
  // MNIST's own mean differences between two pixels, full ink being 1.
  constexpr double mnist_differences[] = {0.156, 0.073, 0.156, 0.142, 0.130,
                                          0.149, 0.135, 0.119, 0.144, 0.124};
  for (std::size_t digit = 0; digit < class_count; ++digit) {
    double difference = 0, mass_sum = 0, mass_squares = 0;
    constexpr std::size_t pairs = 1000;
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const auto first = image(data_->training, 20 * pair + digit);
      const auto second = image(data_->training, 20 * pair + 10 + digit);
      double mass = 0;
      for (std::size_t i = 0; i < image_size; ++i) {
        difference += std::abs(first[i] - second[i]) / 255.0;
        mass += first[i] / 255.0;
      }
      mass_sum += mass;
      mass_squares += mass * mass;
    }
    const double mean = mass_sum / pairs;
    EXPECT_GT(difference / (pairs * image_size), 0.9 * mnist_differences[digit]) << digit;
    EXPECT_GT(std::sqrt(mass_squares / pairs - mean * mean), 0.2 * mean) << digit;
  }
}

}  // namespace
}  // namespace mnist
