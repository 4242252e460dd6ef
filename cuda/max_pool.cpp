#include "cuda/layer.hpp"

namespace mnist::cuda {
namespace {

// A kernel of our own, since which of several equal values gets the gradient is not documented for
// cuDNN's pooling, and images of digits are full of equal values.
class MaxPoolLayer final : public Layer {
 public:
  explicit MaxPoolLayer(const Wiring& wiring)
      : Layer(wiring),
        winners_(context().allocate<std::uint16_t>(training() ? output_size() : 0,
                                                   "the winners of a pooling layer")) {}

  void forward() override {
    check(launch(MaxPoolForward{geometry_, wiring().input, output(), winners_.data()},
                 context().stream()),
          "launching max_pool forward");
  }

  void backward() override {
    if (!wiring().grad_input) return;
    check(launch(MaxPoolBackward{geometry_, grad_output(), winners_.data(), wiring().grad_input},
                 context().stream()),
          "launching max_pool backward");
  }

 private:
  static PoolGeometry geometry_of(const Wiring& wiring) {
    const auto size = [](int value) { return static_cast<std::uint32_t>(value); };
    const Shape& input = wiring.planned.input;
    const Shape& output = wiring.planned.output;
    return {.images_times_channels = size(wiring.batch_size) * size(input.channels),
            .window = size(std::get<MaxPool>(wiring.planned.spec).window),
            .input_height = size(input.height),
            .input_width = size(input.width),
            .output_height = size(output.height),
            .output_width = size(output.width)};
  }

  const PoolGeometry geometry_ = geometry_of(wiring());
  DeviceArray<std::uint16_t> winners_;  // empty in inference
};

}  // namespace

std::unique_ptr<Layer> make_max_pool(const Wiring& wiring) {
  return std::make_unique<MaxPoolLayer>(wiring);
}

}  // namespace mnist::cuda
