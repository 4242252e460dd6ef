#include "cuda/layer.hpp"

namespace mnist::cuda {
namespace {

// Only built for training: in inference a network has no such layer. The mask is drawn anew for the
// gradients, which is cheaper than keeping it.
class DropoutLayer final : public Layer {
 public:
  using Layer::Layer;

  void forward() override { apply(wiring().input, output()); }

  void backward() override {
    if (wiring().grad_input) apply(grad_output(), wiring().grad_input);
  }

 private:
  void apply(const float* from, float* to) const {
    check(launch(ApplyDropout{.input = from,
                              .output = to,
                              .value_count = output_size(),
                              .progress = wiring().progress,
                              .seed = wiring().seed,
                              .layer = static_cast<std::uint32_t>(wiring().index),
                              .keep = std::get<Dropout>(planned().spec).keep},
                 context().stream()),
          "launching dropout");
  }
};

}  // namespace

std::unique_ptr<Layer> make_dropout(const Wiring& wiring) {
  return std::make_unique<DropoutLayer>(wiring);
}

}  // namespace mnist::cuda
