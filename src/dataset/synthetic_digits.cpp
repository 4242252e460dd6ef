#include "dataset/synthetic_digits.hpp"

#include <algorithm>
#include <future>
#include <span>

#include "data/strokes.hpp"
#include "dataset/handwriting.hpp"
#include "dataset/idx.hpp"
#include "dataset/sha256.hpp"

namespace mnist {
namespace {

// The values are part of what the bytes of the set are: never renumbered.
enum Part : std::uint32_t { training_part = 0, test_part = 1 };

Dataset write_part(const Alphabet& alphabet, Part part, std::uint32_t count, int threads) {
  Dataset dataset{.image = {1, image_side, image_side}, .pixels = {}, .labels = {}};
  dataset.labels.resize(count);
  dataset.pixels.resize(count * dataset.image.size());
  const auto write_range = [&](std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t index = first; index < last; ++index) {
      const int digit = static_cast<int>(index % class_count);
      dataset.labels[index] = static_cast<std::uint8_t>(digit);
      const DigitImage image = write_digit(alphabet, digit, part, index);
      std::copy(image.begin(), image.end(), dataset.pixels.data() + index * image.size());
    }
  };
  std::vector<std::future<void>> ranges;  // whose get() passes exceptions on
  std::uint32_t first = 0;
  for (int thread = 1; thread <= threads; ++thread) {
    const auto last = static_cast<std::uint32_t>(
        std::uint64_t{count} * static_cast<unsigned>(thread) / static_cast<unsigned>(threads));
    ranges.push_back(std::async(std::launch::async, write_range, first, last));
    first = last;
  }
  for (std::future<void>& range : ranges) range.get();
  return dataset;
}

void hash_part(Sha256& hash, const Dataset& dataset) {
  const auto count = static_cast<std::uint32_t>(dataset.size());
  hash_idx(hash, {IdxKind::images, count, image_side, image_side, {}, {}}, dataset.pixels);
  hash_idx(hash, {IdxKind::labels, count, 1, 1, {}, {}}, dataset.labels);
}

}  // namespace

TrainingData synthetic_digits(int threads) {
  const Alphabet alphabet = parse_strokes(embedded::strokes);
  TrainingData data{.name = "synthetic", .sha256 = {}, .training = {}, .test = {}};
  data.training = write_part(alphabet, training_part, 60000, threads);
  data.test = write_part(alphabet, test_part, 10000, threads);
  Sha256 hash;
  hash_part(hash, data.training);
  hash_part(hash, data.test);
  data.sha256 = hash.hex();
  return data;
}

}  // namespace mnist
