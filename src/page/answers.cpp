#include "page/answers.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "network/softmax.hpp"

namespace mnist {
namespace {

// Bounds the memory of a call's logits and activations.
constexpr std::size_t images_a_call = 1000;

std::span<const std::uint8_t> pixels_of(const Dataset& set, std::size_t first, std::size_t count) {
  const std::size_t size = set.image.size();
  return std::span(set.pixels).subspan(first * size, count * size);
}

// 0 where it is no number, so that such an image counts among the worst.
float probability(const float* logits, int digit) {
  return std::fmax(0.0f,
                   std::exp(-softmax_cross_entropy(logits, class_count, digit, 1, nullptr).loss));
}

}  // namespace

Answers answers_to(const Dataset& test, Engine& engine, std::size_t most_mistakes) {
  Answers answers;
  std::vector<Mistake> mistakes;
  for (std::size_t first = 0; first < test.size(); first += images_a_call) {
    const std::size_t count = std::min(images_a_call, test.size() - first);
    const std::vector<float> logits = engine.infer(pixels_of(test, first, count));
    for (std::size_t i = 0; i < count; ++i) {
      const float* const of_image = logits.data() + i * class_count;
      const int label = test.labels[first + i];
      const int answer =
          static_cast<int>(std::max_element(of_image, of_image + class_count) - of_image);
      ++answers.confusion[static_cast<std::size_t>(label)][static_cast<std::size_t>(answer)];
      if (answer != label)
        mistakes.push_back({.image = first + i,
                            .label = label,
                            .answer = answer,
                            .answer_probability = probability(of_image, answer),
                            .label_probability = probability(of_image, label),
                            .pixels = {}});
    }
  }
  std::ranges::sort(mistakes, {}, [](const Mistake& mistake) {
    return std::pair(mistake.label_probability, mistake.image);
  });
  mistakes.resize(std::min(mistakes.size(), most_mistakes));
  for (Mistake& mistake : mistakes) {
    const auto pixels = pixels_of(test, mistake.image, 1);
    mistake.pixels.assign(pixels.begin(), pixels.end());
  }
  answers.worst = std::move(mistakes);
  return answers;
}

}  // namespace mnist
