#include "cuda/descriptors.hpp"
#include "cuda/layer.hpp"

namespace mnist::cuda {
namespace {

class ReluLayer final : public Layer {
 public:
  explicit ReluLayer(const Wiring& wiring)
      : Layer(wiring),
        relu_(describe_relu(context().cudnn())),
        tensor_(describe_tensor(context().cudnn(), wiring.batch_size, planned().output)) {}

  void forward() override {
    const Cudnn& cudnn = context().cudnn();
    check(cudnn,
          cudnn.activation_forward(context().cudnn_handle(), relu_.get(), &one, tensor_.get(),
                                   wiring().input, &zero, tensor_.get(), output()),
          "cuDNN's ReLU forward");
  }

  void backward() override {
    if (!wiring().grad_input) return;
    const Cudnn& cudnn = context().cudnn();
    check(cudnn,
          cudnn.activation_backward(context().cudnn_handle(), relu_.get(), &one, tensor_.get(),
                                    output(), tensor_.get(), grad_output(), tensor_.get(),
                                    wiring().input, &zero, tensor_.get(), wiring().grad_input),
          "cuDNN's ReLU backward");
  }

 private:
  const ActivationDescriptor relu_;
  const TensorDescriptor tensor_;
};

}  // namespace

std::unique_ptr<Layer> make_relu(const Wiring& wiring) {
  return std::make_unique<ReluLayer>(wiring);
}

}  // namespace mnist::cuda
