// cuDNN's descriptors, owned, from our shapes.
#pragma once

#include "base/shape.hpp"
#include "cuda/context.hpp"
#include "network/network.hpp"

namespace mnist::cuda {

using TensorDescriptor = LibraryOwned<cudnnTensorDescriptor_t, cudnnStatus_t>;
using FilterDescriptor = LibraryOwned<cudnnFilterDescriptor_t, cudnnStatus_t>;
using ConvolutionDescriptor = LibraryOwned<cudnnConvolutionDescriptor_t, cudnnStatus_t>;
using ActivationDescriptor = LibraryOwned<cudnnActivationDescriptor_t, cudnnStatus_t>;

// batch_size images of `shape`, as activations lie in memory.
TensorDescriptor describe_tensor(const Cudnn& cudnn, int batch_size, const Shape& shape);
// filters x channels x kernel x kernel, as the plan lays weights out.
FilterDescriptor describe_filter(const Cudnn& cudnn, const Conv2d& spec, int channels);
// A cross-correlation of stride 1 without padding, in the arithmetic that `precision` allows.
ConvolutionDescriptor describe_convolution(const Cudnn& cudnn, Precision precision);
// max(0, x), where a NaN stays one.
ActivationDescriptor describe_relu(const Cudnn& cudnn);

}  // namespace mnist::cuda
