#include "page/sample_pages.hpp"

namespace mnist {

PageContent sample_content() {
  PageContent content;
  content.network =
      plan({.name = "sample",
            .input = {1, 28, 28},
            .layers = {Conv2d{.filters = 2, .kernel = 5}, Relu{}, MaxPool{.window = 5},
                       Dropout{.keep = 0.5f}, Linear{.units = 10}}});
  for (const float loss : {2.5f, 1.25f, 0.5f}) content.losses.add(loss);
  content.test_losses = {{0, 2.375}, {2, 0.75}};
  Answers answers;
  for (auto& row : answers.confusion) row.fill(3);
  const std::vector<std::uint8_t> pixels(28 * 28, 127);
  answers.worst = {{17, 4, 9, 0.9375f, 0.03125f, pixels}, {3, 7, 1, 0.5f, 0.25f, pixels}};
  content.trained = {std::vector<float>(content.network.parameter_count, 0.5f), answers};
  return content;
}

}  // namespace mnist
