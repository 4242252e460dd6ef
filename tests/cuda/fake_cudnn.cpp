// Stands in for cuDNN.
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "cuda/answer.hpp"
#include "cuda/arithmetic.hpp"

namespace mnist::cuda {
namespace {

cudnnStatus_t create(cudnnHandle_t* handle) {
  return answer<cudnnStatus_t>("cudnnCreate", [=](Machine& here) {
    here.streams.refuse_while_capturing("starting cuDNN");
    *handle = here.cudnn.add({here.current_gpu(), nullptr});
  });
}
cudnnStatus_t destroy(cudnnHandle_t handle) {
  return answer<cudnnStatus_t>(
      "cudnnDestroy", [=](Machine& here) { here.cudnn.destroy(handle); },
      IfFailing::do_it_all_the_same);
}
cudnnStatus_t get_property(libraryPropertyType kind, int* value) {
  return answer<cudnnStatus_t>("cudnnGetProperty", [=](Machine&) {
    *value = kind == MAJOR_VERSION ? CUDNN_MAJOR : kind == MINOR_VERSION ? 3 : 4;
  });
}
const char* status_name(cudnnStatus_t status) {
  switch (status) {
    case CUDNN_STATUS_BAD_PARAM:
      return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_ARCH_MISMATCH:
      return "CUDNN_STATUS_ARCH_MISMATCH";
    case CUDNN_STATUS_EXECUTION_FAILED:
      return "CUDNN_STATUS_EXECUTION_FAILED";
    case CUDNN_STATUS_NOT_SUPPORTED:
      return "CUDNN_STATUS_NOT_SUPPORTED";
    default:
      return "a status that the stand-in has no name for";
  }
}
cudnnStatus_t set_stream(cudnnHandle_t handle, cudaStream_t stream) {
  return answer<cudnnStatus_t>("cudnnSetStream", [=](Machine& here) {
    CudnnHandle& cudnn = here.cudnn.at(handle);
    require(here.streams.streams.at(stream).gpu == cudnn.gpu, cudaErrorInvalidValue,
            "a stream of another GPU than the handle's");
    cudnn.stream = stream;
  });
}

// Each kind of descriptor is made and destroyed in the same way.
template <auto Kind, class Handle>
cudnnStatus_t create_descriptor(Handle* handle) {
  return answer<cudnnStatus_t>("cudnnCreate...Descriptor",
                               [=](Machine& here) { *handle = (here.*Kind).add({}); });
}
template <auto Kind, class Handle>
cudnnStatus_t destroy_descriptor(Handle handle) {
  return answer<cudnnStatus_t>(
      "cudnnDestroy...Descriptor", [=](Machine& here) { (here.*Kind).destroy(handle); },
      IfFailing::do_it_all_the_same);
}

cudnnStatus_t set_tensor(cudnnTensorDescriptor_t tensor, cudnnTensorFormat_t format,
                         cudnnDataType_t type, int images, int channels, int height, int width) {
  return answer<cudnnStatus_t>("cudnnSetTensor4dDescriptor", [=](Machine& here) {
    require(images > 0 && channels > 0 && height > 0 && width > 0, cudaErrorInvalidValue,
            "a tensor of a size below 1");
    require(format == CUDNN_TENSOR_NCHW && type == CUDNN_DATA_FLOAT, cudaErrorNotSupported,
            "the stand-in only has floats in NCHW order");
    here.tensors.at(tensor) = {images, channels, height, width};
  });
}
cudnnStatus_t set_filter(cudnnFilterDescriptor_t filter, cudnnDataType_t type,
                         cudnnTensorFormat_t format, int filters, int channels, int height,
                         int width) {
  return answer<cudnnStatus_t>("cudnnSetFilter4dDescriptor", [=](Machine& here) {
    require(filters > 0 && channels > 0 && height > 0 && width > 0, cudaErrorInvalidValue,
            "a filter of a size below 1");
    require(format == CUDNN_TENSOR_NCHW && type == CUDNN_DATA_FLOAT, cudaErrorNotSupported,
            "the stand-in only has floats in NCHW order");
    here.filters.at(filter) = {filters, channels, height, width};
  });
}
cudnnStatus_t set_convolution(cudnnConvolutionDescriptor_t convolution, int rows_padding,
                              int columns_padding, int row_stride, int column_stride,
                              int row_dilation, int column_dilation, cudnnConvolutionMode_t mode,
                              cudnnDataType_t type) {
  return answer<cudnnStatus_t>("cudnnSetConvolution2dDescriptor", [=](Machine& here) {
    require(rows_padding >= 0 && columns_padding >= 0 && row_stride > 0 && column_stride > 0 &&
                row_dilation > 0 && column_dilation > 0,
            cudaErrorInvalidValue, "padding below 0, or a stride or dilation below 1");
    require(mode == CUDNN_CROSS_CORRELATION && type == CUDNN_DATA_FLOAT, cudaErrorNotSupported,
            "the stand-in only has cross-correlation of floats");
    Convolution& how = here.convolutions.at(convolution);
    how.set = true;
    how.padding = {rows_padding, columns_padding};
    how.stride = {row_stride, column_stride};
    how.dilation = {row_dilation, column_dilation};
  });
}
cudnnStatus_t set_convolution_math(cudnnConvolutionDescriptor_t convolution, cudnnMathType_t math) {
  return answer<cudnnStatus_t>("cudnnSetConvolutionMathType", [=](Machine& here) {
    here.convolutions.at(convolution).math = math;
  });
}
cudnnStatus_t set_activation(cudnnActivationDescriptor_t activation, cudnnActivationMode_t mode,
                             cudnnNanPropagation_t nan, double /*ceiling of another mode*/) {
  return answer<cudnnStatus_t>("cudnnSetActivationDescriptor", [=](Machine& here) {
    require(mode == CUDNN_ACTIVATION_RELU, cudaErrorNotSupported, "the stand-in only has ReLU");
    here.activations.at(activation) = {true, nan == CUDNN_PROPAGATE_NAN};
  });
}

Sizes sizes_of(Machine& here, cudnnTensorDescriptor_t tensor) {
  const Sizes sizes = here.tensors.at(tensor);
  require(sizes.images > 0, cudaErrorInvalidValue, "a tensor descriptor that was never set");
  return sizes;
}
Operand operand(const float* values, const Sizes& sizes, const char* name) {
  return {values, sizes.count() * sizeof(float), name};
}
std::string shown(const Sizes& sizes) {
  std::string text;
  for (const int size : {sizes.images, sizes.channels, sizes.height, sizes.width})
    text.append("_").append(std::to_string(size));
  return text;
}
Blend blend_of(const void* alpha, const void* beta) {
  require(alpha && beta, cudaErrorInvalidValue, "no factors");
  return {*static_cast<const float*>(alpha), *static_cast<const float*>(beta)};
}

void submit(Machine& here, cudnnHandle_t handle, const std::string& name,
            std::vector<Operand> operands, std::function<void()> run) {
  here.submit(here.cudnn.at(handle).stream,
              {cudaGraphNodeTypeKernel, name, std::move(operands), std::move(run)});
}

ConvolutionSizes convolution_sizes(Machine& here, cudnnTensorDescriptor_t input,
                                   cudnnFilterDescriptor_t filter,
                                   cudnnConvolutionDescriptor_t convolution,
                                   cudnnTensorDescriptor_t output) {
  const ConvolutionSizes sizes{sizes_of(here, input), here.filters.at(filter),
                               sizes_of(here, output), here.convolutions.at(convolution)};
  require(sizes.filter.images > 0 && sizes.how.set, cudaErrorInvalidValue,
          "a descriptor that was never set");
  require(sizes.how.math == CUDNN_FMA_MATH || here.precision == Precision::tf32,
          cudaErrorNotSupported, "a convolution that may be in less than FP32");
  const auto places = [&](std::size_t axis, int size, int filter_size) {
    const int reach = sizes.how.dilation[axis] * (filter_size - 1) + 1;
    return (size + 2 * sizes.how.padding[axis] - reach) / sizes.how.stride[axis] + 1;
  };
  require(sizes.input.channels == sizes.filter.channels, cudaErrorInvalidValue,
          "filters of another number of channels than the input");
  require(sizes.output == Sizes{sizes.input.images, sizes.filter.images,
                                places(0, sizes.input.height, sizes.filter.height),
                                places(1, sizes.input.width, sizes.filter.width)},
          cudaErrorInvalidValue, "outputs of another shape than the convolution's");
  return sizes;
}
Precision precision_of(const ConvolutionSizes& sizes) {
  return sizes.how.math == CUDNN_FMA_MATH ? Precision::fp32 : Precision::tf32;
}

// Algorithms that sum in no fixed order are refused, and those that transform what they multiply:
// their results are not the ones that training is to have. Others ask for some memory; which of the
// three asks for the most differs from layer to layer.
std::size_t workspace_bytes(const Machine& here, cudnnConvolutionFwdAlgo_t algorithm,
                            const ConvolutionSizes& sizes) {
  if (algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM) return 0;
  require(
      algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM && here.has_precomputed_gemm,
      cudaErrorNotSupported, "this algorithm");
  return sizes.filter.count() * sizeof(int);
}
std::size_t workspace_bytes(const Machine&, cudnnConvolutionBwdFilterAlgo_t algorithm,
                            const ConvolutionSizes& sizes) {
  require(algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, cudaErrorNotSupported,
          "this algorithm");
  return sizes.output.count() + 12;
}
std::size_t workspace_bytes(const Machine&, cudnnConvolutionBwdDataAlgo_t algorithm,
                            const ConvolutionSizes& sizes) {
  require(algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, cudaErrorNotSupported, "this algorithm");
  return sizes.input.count() + 20;
}

cudnnStatus_t forward_workspace(cudnnHandle_t handle, cudnnTensorDescriptor_t input,
                                cudnnFilterDescriptor_t filter,
                                cudnnConvolutionDescriptor_t convolution,
                                cudnnTensorDescriptor_t output, cudnnConvolutionFwdAlgo_t algorithm,
                                std::size_t* bytes) {
  return answer<cudnnStatus_t>("cudnnGetConvolutionForwardWorkspaceSize", [=](Machine& here) {
    here.cudnn.at(handle);
    *bytes = workspace_bytes(here, algorithm,
                             convolution_sizes(here, input, filter, convolution, output));
  });
}
cudnnStatus_t backward_data_workspace(cudnnHandle_t handle, cudnnFilterDescriptor_t filter,
                                      cudnnTensorDescriptor_t output,
                                      cudnnConvolutionDescriptor_t convolution,
                                      cudnnTensorDescriptor_t input,
                                      cudnnConvolutionBwdDataAlgo_t algorithm, std::size_t* bytes) {
  return answer<cudnnStatus_t>("cudnnGetConvolutionBackwardDataWorkspaceSize", [=](Machine& here) {
    here.cudnn.at(handle);
    *bytes = workspace_bytes(here, algorithm,
                             convolution_sizes(here, input, filter, convolution, output));
  });
}
cudnnStatus_t backward_filter_workspace(cudnnHandle_t handle, cudnnTensorDescriptor_t input,
                                        cudnnTensorDescriptor_t output,
                                        cudnnConvolutionDescriptor_t convolution,
                                        cudnnFilterDescriptor_t filter,
                                        cudnnConvolutionBwdFilterAlgo_t algorithm,
                                        std::size_t* bytes) {
  return answer<cudnnStatus_t>(
      "cudnnGetConvolutionBackwardFilterWorkspaceSize", [=](Machine& here) {
        here.cudnn.at(handle);
        *bytes = workspace_bytes(here, algorithm,
                                 convolution_sizes(here, input, filter, convolution, output));
      });
}

// The memory that a convolution works in, and that its caller says how large it is.
struct Workspace {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

// Queues a convolution's work, which spoils its workspace.
template <class Algorithm, class Compute>
void submit_convolution(Machine& here, cudnnHandle_t handle, const char* name,
                        const ConvolutionSizes& sizes, Algorithm algorithm,
                        const Workspace& workspace, std::vector<Operand> operands,
                        const Compute& compute) {
  const std::size_t needed = workspace_bytes(here, algorithm, sizes);
  require(workspace.bytes >= needed, cudaErrorInvalidValue, "a workspace that is too small");
  if (needed > 0) operands.push_back({workspace.memory, workspace.bytes, "the workspace"});
  submit(
      here, handle,
      name + std::to_string(static_cast<int>(algorithm)) + shown(sizes.input) + shown(sizes.filter),
      std::move(operands), [=] {
        if (needed > 0) std::memset(workspace.memory, DeviceMemory::poison, needed);
        compute();
      });
}

cudnnStatus_t convolution_forward(cudnnHandle_t handle, const void* alpha,
                                  cudnnTensorDescriptor_t input_tensor, const void* input_values,
                                  cudnnFilterDescriptor_t filter, const void* filter_values,
                                  cudnnConvolutionDescriptor_t convolution,
                                  cudnnConvolutionFwdAlgo_t algorithm, void* memory,
                                  std::size_t bytes, const void* beta,
                                  cudnnTensorDescriptor_t output_tensor, void* output_values) {
  return answer<cudnnStatus_t>("cudnnConvolutionForward", [=](Machine& here) {
    const ConvolutionSizes sizes =
        convolution_sizes(here, input_tensor, filter, convolution, output_tensor);
    const auto* input = static_cast<const float*>(input_values);
    const auto* weights = static_cast<const float*>(filter_values);
    auto* const output = static_cast<float*>(output_values);
    const Blend blend = blend_of(alpha, beta);
    submit_convolution(
        here, handle, "convolution_forward_", sizes, algorithm, {memory, bytes},
        {operand(input, sizes.input, "input"), operand(weights, sizes.filter, "filter"),
         operand(output, sizes.output, "output")},
        [=] {
          const Precision precision = precision_of(sizes);
          blend.store(outputs(sizes, factors(input, sizes.input.count(), precision).data(),
                              factors(weights, sizes.filter.count(), precision).data()),
                      output);
        });
  });
}
cudnnStatus_t convolution_backward_data(
    cudnnHandle_t handle, const void* alpha, cudnnFilterDescriptor_t filter,
    const void* filter_values, cudnnTensorDescriptor_t output_tensor, const void* output_gradients,
    cudnnConvolutionDescriptor_t convolution, cudnnConvolutionBwdDataAlgo_t algorithm, void* memory,
    std::size_t bytes, const void* beta, cudnnTensorDescriptor_t input_tensor,
    void* input_gradients_memory) {
  return answer<cudnnStatus_t>("cudnnConvolutionBackwardData", [=](Machine& here) {
    const ConvolutionSizes sizes =
        convolution_sizes(here, input_tensor, filter, convolution, output_tensor);
    const auto* weights = static_cast<const float*>(filter_values);
    const auto* grad_output = static_cast<const float*>(output_gradients);
    auto* const grad_input = static_cast<float*>(input_gradients_memory);
    const Blend blend = blend_of(alpha, beta);
    submit_convolution(
        here, handle, "convolution_backward_data_", sizes, algorithm, {memory, bytes},
        {operand(weights, sizes.filter, "filter"),
         operand(grad_output, sizes.output, "gradients of outputs"),
         operand(grad_input, sizes.input, "gradients of inputs")},
        [=] {
          const Precision precision = precision_of(sizes);
          blend.store(
              input_gradients(sizes, factors(weights, sizes.filter.count(), precision).data(),
                              factors(grad_output, sizes.output.count(), precision).data()),
              grad_input);
        });
  });
}
cudnnStatus_t convolution_backward_filter(
    cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t input_tensor,
    const void* input_values, cudnnTensorDescriptor_t output_tensor, const void* output_gradients,
    cudnnConvolutionDescriptor_t convolution, cudnnConvolutionBwdFilterAlgo_t algorithm,
    void* memory, std::size_t bytes, const void* beta, cudnnFilterDescriptor_t filter,
    void* filter_gradients_memory) {
  return answer<cudnnStatus_t>("cudnnConvolutionBackwardFilter", [=](Machine& here) {
    const ConvolutionSizes sizes =
        convolution_sizes(here, input_tensor, filter, convolution, output_tensor);
    const auto* input = static_cast<const float*>(input_values);
    const auto* grad_output = static_cast<const float*>(output_gradients);
    auto* const grad_filter = static_cast<float*>(filter_gradients_memory);
    const Blend blend = blend_of(alpha, beta);
    submit_convolution(
        here, handle, "convolution_backward_filter_", sizes, algorithm, {memory, bytes},
        {operand(input, sizes.input, "input"),
         operand(grad_output, sizes.output, "gradients of outputs"),
         operand(grad_filter, sizes.filter, "gradients of filters")},
        [=] {
          const Precision precision = precision_of(sizes);
          blend.store(
              filter_gradients(sizes, factors(input, sizes.input.count(), precision).data(),
                               factors(grad_output, sizes.output.count(), precision).data()),
              grad_filter);
        });
  });
}

// One value a channel.
void require_bias_of(const Sizes& bias, const Sizes& output) {
  require(bias == Sizes{1, output.channels, 1, 1}, cudaErrorInvalidValue,
          "biases that are not one a channel of the tensor");
}
// Calls visit(channel, value's index) for each value of a tensor.
template <class Visit>
void each_value(const Sizes& sizes, const Visit& visit) {
  const auto channels = static_cast<std::size_t>(sizes.channels);
  const std::size_t planes = static_cast<std::size_t>(sizes.images) * channels;
  const std::size_t places = sizes.count() / planes;
  for (std::size_t plane = 0; plane < planes; ++plane)
    for (std::size_t place = 0; place < places; ++place)
      visit(plane % channels, plane * places + place);
}

cudnnStatus_t add_tensor(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t bias,
                         const void* bias_values, const void* beta, cudnnTensorDescriptor_t output,
                         void* output_values) {
  return answer<cudnnStatus_t>("cudnnAddTensor", [=](Machine& here) {
    const Sizes bias_sizes = sizes_of(here, bias);
    const Sizes sizes = sizes_of(here, output);
    require_bias_of(bias_sizes, sizes);
    const auto* from = static_cast<const float*>(bias_values);
    auto* const to = static_cast<float*>(output_values);
    const Blend blend = blend_of(alpha, beta);
    submit(here, handle, "add_tensor" + shown(sizes),
           {operand(from, bias_sizes, "biases"), operand(to, sizes, "output")}, [=] {
             each_value(sizes, [=](std::size_t channel, std::size_t index) {
               blend.store(from[channel], to[index]);
             });
           });
  });
}
cudnnStatus_t backward_bias(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t output,
                            const void* output_gradients, const void* beta,
                            cudnnTensorDescriptor_t bias, void* bias_gradients) {
  return answer<cudnnStatus_t>("cudnnConvolutionBackwardBias", [=](Machine& here) {
    const Sizes bias_sizes = sizes_of(here, bias);
    const Sizes sizes = sizes_of(here, output);
    require_bias_of(bias_sizes, sizes);
    const auto* from = static_cast<const float*>(output_gradients);
    auto* const to = static_cast<float*>(bias_gradients);
    const Blend blend = blend_of(alpha, beta);
    submit(here, handle, "convolution_backward_bias" + shown(sizes),
           {operand(from, sizes, "gradients of outputs"),
            operand(to, bias_sizes, "gradients of biases")},
           [=] {
             std::vector<float> sums(bias_sizes.count());
             each_value(sizes, [&](std::size_t channel, std::size_t index) {
               sums[channel] += from[index];
             });
             blend.store(sums, to);
           });
  });
}

Activation activation_of(Machine& here, cudnnActivationDescriptor_t activation) {
  const Activation relu = here.activations.at(activation);
  require(relu.set, cudaErrorInvalidValue, "an activation descriptor that was never set");
  return relu;
}

cudnnStatus_t activation_forward(cudnnHandle_t handle, cudnnActivationDescriptor_t activation,
                                 const void* alpha, cudnnTensorDescriptor_t input,
                                 const void* input_values, const void* beta,
                                 cudnnTensorDescriptor_t output, void* output_values) {
  return answer<cudnnStatus_t>("cudnnActivationForward", [=](Machine& here) {
    const Activation relu = activation_of(here, activation);
    const Sizes sizes = sizes_of(here, input);
    require(sizes == sizes_of(here, output), cudaErrorInvalidValue, "tensors of different shapes");
    const auto* from = static_cast<const float*>(input_values);
    auto* const to = static_cast<float*>(output_values);
    const Blend blend = blend_of(alpha, beta);
    submit(here, handle, "activation_forward" + shown(sizes),
           {operand(from, sizes, "input"), operand(to, sizes, "output")}, [=] {
             for (std::size_t i = 0; i < sizes.count(); ++i) {
               const bool stays = from[i] > 0 || (relu.propagates_nan && std::isnan(from[i]));
               blend.store(stays ? from[i] : 0, to[i]);
             }
           });
  });
}
cudnnStatus_t activation_backward(cudnnHandle_t handle, cudnnActivationDescriptor_t activation,
                                  const void* alpha, cudnnTensorDescriptor_t output,
                                  const void* output_values,
                                  cudnnTensorDescriptor_t output_gradient,
                                  const void* output_gradients, cudnnTensorDescriptor_t input,
                                  const void* input_values, const void* beta,
                                  cudnnTensorDescriptor_t input_gradient, void* input_gradients) {
  return answer<cudnnStatus_t>("cudnnActivationBackward", [=](Machine& here) {
    activation_of(here, activation);
    const Sizes sizes = sizes_of(here, output);
    for (const cudnnTensorDescriptor_t other : {output_gradient, input, input_gradient})
      require(sizes == sizes_of(here, other), cudaErrorInvalidValue, "tensors of different shapes");
    const auto* made = static_cast<const float*>(output_values);
    const auto* from = static_cast<const float*>(output_gradients);
    auto* const to = static_cast<float*>(input_gradients);
    const Blend blend = blend_of(alpha, beta);
    submit(here, handle, "activation_backward" + shown(sizes),
           {operand(made, sizes, "output"), operand(from, sizes, "gradients of outputs"),
            operand(static_cast<const float*>(input_values), sizes, "input"),
            operand(to, sizes, "gradients of inputs")},
           [=] {
             for (std::size_t i = 0; i < sizes.count(); ++i)
               blend.store(made[i] > 0 ? from[i] : 0, to[i]);
           });
  });
}

}  // namespace

Cudnn stand_in_cudnn() {
  return {.create = create,
          .destroy = destroy,
          .get_property = get_property,
          .status_name = status_name,
          .set_stream = set_stream,
          .create_tensor = create_descriptor<&Machine::tensors>,
          .set_tensor = set_tensor,
          .destroy_tensor = destroy_descriptor<&Machine::tensors>,
          .create_filter = create_descriptor<&Machine::filters>,
          .set_filter = set_filter,
          .destroy_filter = destroy_descriptor<&Machine::filters>,
          .create_convolution = create_descriptor<&Machine::convolutions>,
          .set_convolution = set_convolution,
          .set_convolution_math = set_convolution_math,
          .destroy_convolution = destroy_descriptor<&Machine::convolutions>,
          .forward_workspace = forward_workspace,
          .backward_data_workspace = backward_data_workspace,
          .backward_filter_workspace = backward_filter_workspace,
          .convolution_forward = convolution_forward,
          .convolution_backward_data = convolution_backward_data,
          .convolution_backward_filter = convolution_backward_filter,
          .add_tensor = add_tensor,
          .backward_bias = backward_bias,
          .create_activation = create_descriptor<&Machine::activations>,
          .set_activation = set_activation,
          .destroy_activation = destroy_descriptor<&Machine::activations>,
          .activation_forward = activation_forward,
          .activation_backward = activation_backward};
}

}  // namespace mnist::cuda
