#include "cuda/bias.hpp"

namespace mnist::cuda {

void Bias::add(const float* bias, float* output) const {
  const Cudnn& cudnn = context_.cudnn();
  check(cudnn,
        cudnn.add_tensor(context_.cudnn_handle(), &one, bias_.get(), bias, &one, output_.get(),
                         output),
        "adding biases");
}

void Bias::differentiate(const float* grad_output, float* grad_bias) const {
  const Cudnn& cudnn = context_.cudnn();
  check(cudnn,
        cudnn.backward_bias(context_.cudnn_handle(), &one, output_.get(), grad_output, &zero,
                            bias_.get(), grad_bias),
        "summing the gradients of biases");
}

}  // namespace mnist::cuda
