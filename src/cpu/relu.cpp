#include "cpu/layer.hpp"
#include "cpu/vectorized.hpp"

namespace mnist::cpu {
namespace {

// Written so that a NaN stays one.
MNIST_LOOP void rectify(const float* input, std::size_t count, float* output) {
  for (std::size_t i = 0; i < count; ++i) output[i] = input[i] < 0 ? 0 : input[i];
}

MNIST_LOOP void pass_where_positive(const float* output, const float* grad_output,
                                    std::size_t count, float* grad_input) {
  for (std::size_t i = 0; i < count; ++i) grad_input[i] = output[i] > 0 ? grad_output[i] : 0;
}

class ReluLayer final : public Layer {
 public:
  using Layer::Layer;

  void forward(int member, std::uint32_t) override {
    const Part its = part(member);
    vectorized<rectify>(wiring().input + its.first, its.count, output() + its.first);
  }

  void backward(int member) override {
    if (!wiring().grad_input) return;
    const Part its = part(member);
    vectorized<pass_where_positive>(static_cast<const float*>(output() + its.first),
                                    static_cast<const float*>(grad_output() + its.first), its.count,
                                    wiring().grad_input + its.first);
  }

 private:
  struct Part {
    std::size_t first;
    std::size_t count;
  };
  Part part(int member) const {
    const std::size_t size = wiring().planned.output.size();
    return {share(member).first * size, share(member).count * size};
  }
};

}  // namespace

std::unique_ptr<Layer> make_relu(Wiring wiring) {
  return std::make_unique<ReluLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
