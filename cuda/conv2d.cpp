#include <algorithm>
#include <array>

#include "cuda/bias.hpp"
#include "cuda/layer.hpp"

namespace mnist::cuda {
namespace {

// Of cuDNN's algorithms these sum products in a fixed order and without transforming them, so that
// the same input gives the same bits, and small whole numbers exact ones. Never
// CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0 or _3, nor CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, which add in
// whatever order threads finish.
constexpr std::array forward_algorithms{
    CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM,  // the faster, where it is supported
    CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM,
};
constexpr auto backward_filter_algorithm = CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;
constexpr auto backward_data_algorithm = CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;

class Conv2dLayer final : public Layer {
 public:
  explicit Conv2dLayer(const Wiring& wiring)
      : Layer(wiring),
        input_(describe_tensor(cudnn(), wiring.batch_size, planned().input)),
        filter_(
            describe_filter(cudnn(), std::get<Conv2d>(planned().spec), planned().input.channels)),
        convolution_(describe_convolution(cudnn(), context().precision())),
        bias_(context(), wiring.batch_size, planned().output) {
    std::size_t workspace = settle_forward_algorithm();
    if (training()) workspace = std::max(workspace, backward_workspace());
    workspace_ = context().allocate<std::byte>(workspace, "a convolution's workspace");
  }

  void forward() override {
    check(cudnn(),
          cudnn().convolution_forward(handle(), &one, input_.get(), wiring().input, filter_.get(),
                                      weights(), convolution_.get(), forward_algorithm_,
                                      workspace_.data(), workspace_.size(), &zero,
                                      bias_.output_descriptor(), output()),
          "cuDNN's convolution");
    bias_.add(bias(), output());
  }

  void backward() override {
    check(cudnn(),
          cudnn().convolution_backward_filter(
              handle(), &one, input_.get(), wiring().input, bias_.output_descriptor(),
              grad_output(), convolution_.get(), backward_filter_algorithm, workspace_.data(),
              workspace_.size(), &zero, filter_.get(), grad_weights()),
          "cuDNN's gradients of a convolution's filters");
    bias_.differentiate(grad_output(), grad_bias());
    if (wiring().grad_input)
      check(cudnn(),
            cudnn().convolution_backward_data(
                handle(), &one, filter_.get(), weights(), bias_.output_descriptor(), grad_output(),
                convolution_.get(), backward_data_algorithm, workspace_.data(), workspace_.size(),
                &zero, input_.get(), wiring().grad_input),
            "cuDNN's gradients of a convolution's inputs");
  }

 private:
  const Cudnn& cudnn() const { return context().cudnn(); }
  cudnnHandle_t handle() const { return context().cudnn_handle(); }

  // The first that this cuDNN supports for this shape; returns the bytes that it works in.
  std::size_t settle_forward_algorithm() {
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    for (const cudnnConvolutionFwdAlgo_t algorithm : forward_algorithms) {
      std::size_t bytes = 0;
      status = cudnn().forward_workspace(handle(), input_.get(), filter_.get(), convolution_.get(),
                                         bias_.output_descriptor(), algorithm, &bytes);
      forward_algorithm_ = algorithm;
      if (status == CUDNN_STATUS_SUCCESS) return bytes;
    }
    check(cudnn(), status, "choosing an algorithm for a convolution");
    return 0;
  }

  std::size_t backward_workspace() const {
    std::size_t filter_bytes = 0;
    check(cudnn(),
          cudnn().backward_filter_workspace(handle(), input_.get(), bias_.output_descriptor(),
                                            convolution_.get(), filter_.get(),
                                            backward_filter_algorithm, &filter_bytes),
          "sizing the workspace of a convolution's filter gradients");
    std::size_t data_bytes = 0;
    if (wiring().grad_input)
      check(cudnn(),
            cudnn().backward_data_workspace(handle(), filter_.get(), bias_.output_descriptor(),
                                            convolution_.get(), input_.get(),
                                            backward_data_algorithm, &data_bytes),
            "sizing the workspace of a convolution's input gradients");
    return std::max(filter_bytes, data_bytes);
  }

  const TensorDescriptor input_;
  const FilterDescriptor filter_;
  const ConvolutionDescriptor convolution_;
  const Bias bias_;
  cudnnConvolutionFwdAlgo_t forward_algorithm_ = forward_algorithms.front();
  DeviceArray<std::byte> workspace_;
};

}  // namespace

std::unique_ptr<Layer> make_conv2d(const Wiring& wiring) {
  return std::make_unique<Conv2dLayer>(wiring);
}

}  // namespace mnist::cuda
