#include "cpu/layer.hpp"
#include "cpu/vectorized.hpp"

namespace mnist::cpu {
namespace {

// Within a window, row by row.
using Place = std::uint16_t;

// One image's geometry, in values.
struct Pooling {
  std::size_t channels;
  std::size_t window;
  std::size_t input_row;  // of one row of the input
  std::size_t output_height;
  std::size_t output_width;
};

// Of equal values the first counts, and a NaN counts as the largest. `winners` get the place of the
// largest within its window, row by row.
MNIST_LOOP void pool(Pooling shape, const float* input, float* output, Place* winners) {
  for (std::size_t y = 0; y < shape.output_height; ++y) {
    for (std::size_t x = 0; x < shape.output_width; ++x) {
      const float* corner =
          input + y * shape.window * shape.input_row + x * shape.window * shape.channels;
      for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        output[channel] = corner[channel];
        winners[channel] = 0;
      }
      for (std::size_t place = 1; place < shape.window * shape.window; ++place) {
        const float* values =
            corner + place / shape.window * shape.input_row + place % shape.window * shape.channels;
        for (std::size_t channel = 0; channel < shape.channels; ++channel) {
          const float value = values[channel];
          const bool wins = value > output[channel] || value != value;
          output[channel] = wins ? value : output[channel];
          winners[channel] = wins ? static_cast<Place>(place) : winners[channel];
        }
      }
      output += shape.channels;
      winners += shape.channels;
    }
  }
}

MNIST_LOOP void unpool(Pooling shape, const float* grad_output, const Place* winners,
                       float* grad_input) {
  for (std::size_t y = 0; y < shape.output_height; ++y) {
    for (std::size_t x = 0; x < shape.output_width; ++x) {
      float* corner =
          grad_input + y * shape.window * shape.input_row + x * shape.window * shape.channels;
      for (std::size_t place = 0; place < shape.window * shape.window; ++place) {
        float* values =
            corner + place / shape.window * shape.input_row + place % shape.window * shape.channels;
        for (std::size_t channel = 0; channel < shape.channels; ++channel)
          values[channel] = winners[channel] == place ? grad_output[channel] : 0;
      }
      grad_output += shape.channels;
      winners += shape.channels;
    }
  }
}

class MaxPoolLayer final : public Layer {
 public:
  explicit MaxPoolLayer(Wiring wiring) : Layer(std::move(wiring)) {
    if (this->wiring().mode == Mode::training)
      winners_ = Buffer<Place>(this->wiring().batch_size * planned().output.size());
    else
      winners_ = Buffer<Place>(this->wiring().shares.size() * planned().output.size());
  }

  void forward(int member, std::uint32_t) override {
    const bool training = wiring().mode == Mode::training;
    for (std::size_t i = 0; i < share(member).count; ++i) {
      const std::size_t image = share(member).first + i;
      // Nobody asks for the winners of inference: each member writes them to one place.
      const std::size_t record = training ? image : static_cast<std::size_t>(member);
      vectorized<pool>(pooling_, wiring().input + image * planned().input.size(),
                       output() + image * planned().output.size(),
                       winners_.data() + record * planned().output.size());
    }
  }

  // Rows and columns that no window covers keep the zero that they begin with.
  void backward(int member) override {
    if (!wiring().grad_input) return;
    for (std::size_t i = 0; i < share(member).count; ++i) {
      const std::size_t image = share(member).first + i;
      const std::size_t first_output = image * planned().output.size();
      vectorized<unpool>(pooling_, static_cast<const float*>(grad_output() + first_output),
                         static_cast<const Place*>(winners_.data() + first_output),
                         wiring().grad_input + image * planned().input.size());
    }
  }

 private:
  const PlannedLayer& planned() const { return wiring().planned; }

  static Pooling pooling_of(const PlannedLayer& planned) {
    const auto size = [](int value) { return static_cast<std::size_t>(value); };
    return {.channels = size(planned.input.channels),
            .window = size(std::get<MaxPool>(planned.spec).window),
            .input_row = size(planned.input.width) * size(planned.input.channels),
            .output_height = size(planned.output.height),
            .output_width = size(planned.output.width)};
  }

  const Pooling pooling_ = pooling_of(planned());
  Buffer<Place> winners_;
};

}  // namespace

std::unique_ptr<Layer> make_max_pool(Wiring wiring) {
  return std::make_unique<MaxPoolLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
