#include <optional>

#include "cpu/layer.hpp"
#include "cpu/onednn.hpp"

namespace mnist::cpu {
namespace {

class Conv2dLayer final : public Layer {
 public:
  explicit Conv2dLayer(Wiring wiring)
      : Layer(std::move(wiring)),
        weight_count_(planned().weights.size),
        parameter_count_(planned().weights.size + planned().bias.size) {
    const Conv2d& spec = std::get<Conv2d>(planned().spec);
    const ConvolutionShape shape{planned().input, spec.filters, spec.kernel};
    const Gradients gradients = this->wiring().mode == Mode::inference ? Gradients::none
                                : this->wiring().grad_input ? Gradients::weights_and_input
                                                            : Gradients::weights;
    for (const Share& its : this->wiring().shares) {
      Member& member = members_.emplace_back();
      if (its.count == 0) continue;
      member.convolution.emplace(shape, static_cast<int>(its.count), gradients);
      if (gradients != Gradients::none) member.gradients = Buffer<float>(parameter_count_);
    }
  }

  void take_parameters(int member) override {
    if (auto& convolution = at(member).convolution)
      convolution->set_weights(wiring().parameters + planned().weights.offset);
  }

  void forward(int member, std::uint32_t) override {
    if (auto& convolution = at(member).convolution)
      convolution->forward(wiring().input + share(member).first * planned().input.size(),
                           wiring().parameters + planned().bias.offset,
                           output() + share(member).first * planned().output.size());
  }

  void backward(int member) override {
    Member& its = at(member);
    if (!its.convolution) return;
    const float* grad = grad_output() + share(member).first * planned().output.size();
    const std::size_t first = share(member).first * planned().input.size();
    its.convolution->backward_weights(wiring().input + first, grad, its.gradients.data(),
                                      its.gradients.data() + weight_count_);
    if (wiring().grad_input) its.convolution->backward_input(grad, wiring().grad_input + first);
  }

  // Each member has the gradient of its own images; the sum over members is in their order.
  void sum_gradients(int member) override {
    const ParameterRange part = own_part(member);
    float* sum = wiring().gradients + planned().weights.offset + part.offset;
    bool first = true;
    for (const Member& each : members_) {
      if (!each.convolution) continue;
      const float* gradients = each.gradients.data() + part.offset;
      for (std::size_t i = 0; i < part.size; ++i)
        sum[i] = first ? gradients[i] : sum[i] + gradients[i];
      first = false;
    }
  }

  std::vector<ParameterRange> parts(int member) const override {
    const ParameterRange part = own_part(member);
    return {{planned().weights.offset + part.offset, part.size}};
  }

 private:
  struct Member {
    std::optional<Convolution> convolution;  // none where the member has no images
    Buffer<float> gradients;                 // of its share: weights, then biases
  };

  const PlannedLayer& planned() const { return wiring().planned; }
  Member& at(int member) { return members_[static_cast<std::size_t>(member)]; }

  // Weights and biases lie one after the other in the plan, and are divided as one.
  ParameterRange own_part(int member) const {
    return part_of(parameter_count_, static_cast<std::size_t>(member), members_.size());
  }

  std::size_t weight_count_;
  std::size_t parameter_count_;
  std::vector<Member> members_;
};

}  // namespace

std::unique_ptr<Layer> make_conv2d(Wiring wiring) {
  return std::make_unique<Conv2dLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
