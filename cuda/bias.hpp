// One bias a channel: added to a layer's outputs, and its gradient.
#pragma once

#include "cuda/descriptors.hpp"

namespace mnist::cuda {

// cuDNN's own, for convolutions and, with images of one pixel, for dense layers.
class Bias {
 public:
  // Of batch_size outputs of shape `output`.
  Bias(const Context& context, int batch_size, const Shape& output)
      : context_(context),
        bias_(describe_tensor(context.cudnn(), 1, {output.channels, 1, 1})),
        output_(describe_tensor(context.cudnn(), batch_size, output)) {}

  void add(const float* bias, float* output) const;
  // Sums over images, rows and columns; overwrites grad_bias.
  void differentiate(const float* grad_output, float* grad_bias) const;

  cudnnTensorDescriptor_t output_descriptor() const { return output_.get(); }

 private:
  const Context& context_;
  const TensorDescriptor bias_;
  const TensorDescriptor output_;
};

}  // namespace mnist::cuda
