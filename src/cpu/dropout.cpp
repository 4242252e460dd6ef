#include "network/dropout.hpp"

#include <algorithm>

#include "cpu/layer.hpp"
#include "cpu/vectorized.hpp"

namespace mnist::cpu {
namespace {

constexpr std::size_t blocks_at_once = 32;
constexpr std::size_t values_at_once = blocks_at_once * dropout_values_per_block;

// The factors of the values of blocks_at_once blocks: `scale` where a value is kept, else 0.
MNIST_LOOP void draw_factors(std::uint64_t seed, std::uint32_t step, std::uint32_t layer,
                             std::uint32_t first_block, std::uint32_t threshold, float scale,
                             float* factors) {
  std::uint32_t words[4][blocks_at_once];
  for (std::uint32_t block = 0; block < blocks_at_once; ++block) {
    const RandomBlock bits = dropout_bits(seed, step, layer, first_block + block);
    for (int word = 0; word < 4; ++word) words[word][block] = bits.word[word];
  }
  for (std::size_t block = 0; block < blocks_at_once; ++block) {
    const RandomBlock bits{{words[0][block], words[1][block], words[2][block], words[3][block]}};
    for (int place = 0; place < dropout_values_per_block; ++place)
      factors[block * dropout_values_per_block + static_cast<std::size_t>(place)] =
          dropout_keeps(bits, place, threshold) ? scale : 0;
  }
}

MNIST_LOOP void multiply_each(const float* values, const float* factors, std::size_t count,
                              float* products) {
  for (std::size_t i = 0; i < count; ++i) products[i] = values[i] * factors[i];
}

// Only built for training: in inference a network has no such layer.
class DropoutLayer final : public Layer {
 public:
  explicit DropoutLayer(Wiring wiring)
      : Layer(std::move(wiring)),
        keep_(std::get<Dropout>(this->wiring().planned.spec).keep),
        factors_(this->wiring().batch_size * size()) {
    if (order_matters(this->wiring().planned.output))
      flat_factors_ = Buffer<float>(factors_.size());
  }

  void forward(int member, std::uint32_t step) override {
    const std::size_t first = share(member).first * size();
    const std::size_t count = share(member).count * size();
    draw(step, first, count, flat_factors_.size() ? flat_factors_.data() : factors_.data());
    if (flat_factors_.size())
      channels_to_rows(wiring().planned.output, share(member).count, flat_factors_.data() + first,
                       factors_.data() + first);
    scale(wiring().input, member, output());
  }

  void backward(int member) override {
    if (wiring().grad_input) scale(grad_output(), member, wiring().grad_input);
  }

 private:
  std::size_t size() const { return wiring().planned.output.size(); }

  // Fills factors[first] to factors[first + count]. Blocks are numbered through the whole batch, so
  // a share may begin and end within one.
  void draw(std::uint32_t step, std::size_t first, std::size_t count, float* factors) const {
    float drawn[values_at_once];
    std::size_t begin = first / dropout_values_per_block * dropout_values_per_block;
    for (; begin < first + count; begin += values_at_once) {
      vectorized<draw_factors>(wiring().seed, step, static_cast<std::uint32_t>(wiring().index),
                               static_cast<std::uint32_t>(begin / dropout_values_per_block),
                               dropout_threshold(keep_), 1 / keep_, static_cast<float*>(drawn));
      const std::size_t from = std::max(begin, first);
      const std::size_t to = std::min(begin + values_at_once, first + count);
      std::copy(drawn + (from - begin), drawn + (to - begin), factors + from);
    }
  }

  void scale(const float* values, int member, float* scaled) const {
    const std::size_t first = share(member).first * size();
    vectorized<multiply_each>(values + first, static_cast<const float*>(factors_.data() + first),
                              share(member).count * size(), scaled + first);
  }

  const float keep_;
  Buffer<float> factors_;       // in the order of the activations
  Buffer<float> flat_factors_;  // in channel, row, column order; empty where the two are the same
};

}  // namespace

std::unique_ptr<Layer> make_dropout(Wiring wiring) {
  return std::make_unique<DropoutLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
