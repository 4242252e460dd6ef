#include "cuda/descriptors.hpp"

namespace mnist::cuda {
namespace {

template <class Handle>
LibraryOwned<Handle, cudnnStatus_t> make(const Cudnn& cudnn, cudnnStatus_t (*create)(Handle*),
                                         cudnnStatus_t (*destroy)(Handle)) {
  Handle handle = nullptr;
  check(cudnn, create(&handle), "making a cuDNN descriptor");
  return {handle, destroy};
}

constexpr const char* setting = "setting a cuDNN descriptor";

}  // namespace

TensorDescriptor describe_tensor(const Cudnn& cudnn, int batch_size, const Shape& shape) {
  TensorDescriptor tensor = make(cudnn, cudnn.create_tensor, cudnn.destroy_tensor);
  check(cudnn,
        cudnn.set_tensor(tensor.get(), CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, batch_size,
                         shape.channels, shape.height, shape.width),
        setting);
  return tensor;
}

FilterDescriptor describe_filter(const Cudnn& cudnn, const Conv2d& spec, int channels) {
  FilterDescriptor filter = make(cudnn, cudnn.create_filter, cudnn.destroy_filter);
  check(cudnn,
        cudnn.set_filter(filter.get(), CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, spec.filters, channels,
                         spec.kernel, spec.kernel),
        setting);
  return filter;
}

ConvolutionDescriptor describe_convolution(const Cudnn& cudnn, Precision precision) {
  constexpr int padding = 0;
  constexpr int stride = 1;
  constexpr int dilation = 1;
  ConvolutionDescriptor convolution =
      make(cudnn, cudnn.create_convolution, cudnn.destroy_convolution);
  check(cudnn,
        cudnn.set_convolution(convolution.get(), padding, padding, stride, stride, dilation,
                              dilation, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
        setting);
  // The default lets GPUs since Ampere round products to TF32.
  check(cudnn,
        cudnn.set_convolution_math(
            convolution.get(), precision == Precision::tf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH),
        setting);
  return convolution;
}

ActivationDescriptor describe_relu(const Cudnn& cudnn) {
  constexpr double unused_ceiling = 0;
  ActivationDescriptor relu = make(cudnn, cudnn.create_activation, cudnn.destroy_activation);
  check(
      cudnn,
      cudnn.set_activation(relu.get(), CUDNN_ACTIVATION_RELU, CUDNN_PROPAGATE_NAN, unused_ceiling),
      setting);
  return relu;
}

}  // namespace mnist::cuda
