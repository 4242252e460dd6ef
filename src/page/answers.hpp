// What a trained network answers to the test images.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/class_count.hpp"
#include "dataset/dataset.hpp"
#include "engine/engine.hpp"

namespace mnist {

struct Mistake {
  std::size_t image = 0;  // its place in the test set
  int label = 0;
  int answer = 0;
  float answer_probability = 0;
  float label_probability = 0;
  std::vector<std::uint8_t> pixels;
};

struct Answers {
  // Test images by label and answer.
  std::array<std::array<std::size_t, class_count>, class_count> confusion{};
  std::vector<Mistake> worst;  // the least probable labels first
};

// Asks the engine in calls of at most 1,000 images.
Answers answers_to(const Dataset& test, Engine& engine, std::size_t most_mistakes);

}  // namespace mnist
