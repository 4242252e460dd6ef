// Images made by a formula, for tests that need no files: noise over a pattern of 7 x 7 squares
// that belongs to the label, so that there is something to learn.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/philox.hpp"
#include "dataset/dataset.hpp"

namespace mnist {

// Byte `place` of the sequence `stream` of a seed's random bytes.
inline unsigned pattern_byte(std::uint64_t seed, std::uint32_t stream, std::uint64_t place) {
  const RandomBlock block = philox(seed, static_cast<RandomPurpose>(100), stream, place / 16);
  return (block.word[place % 16 / 4] >> (8 * (place % 4))) & 0xff;
}

// Image i has label i % 10. A pixel is a random byte of its own where the random byte of its square
// in the label's pattern is below 128, and an eighth of it elsewhere.
inline Dataset patterned_images(Shape image, std::size_t count, std::uint64_t seed) {
  Dataset set{.image = image, .pixels = {}, .labels = {}};
  set.pixels.reserve(count * image.size());
  for (std::size_t sample = 0; sample < count; ++sample) {
    const auto label = static_cast<std::uint8_t>(sample % class_count);
    set.labels.push_back(label);
    for (std::size_t pixel = 0; pixel < image.size(); ++pixel) {
      const auto width = static_cast<std::size_t>(image.width);
      const std::size_t square = pixel / width / 7 * 16 + pixel % width / 7;
      const unsigned noise = pattern_byte(seed, 0, sample * image.size() + pixel);
      const unsigned pattern = pattern_byte(seed, 1, label * std::size_t{256} + square);
      set.pixels.push_back(static_cast<std::uint8_t>(pattern < 128 ? noise : noise / 8));
    }
  }
  return set;
}

}  // namespace mnist
