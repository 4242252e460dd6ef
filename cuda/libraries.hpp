// cuBLAS and cuDNN, opened at run time: a program that trains on the CPU does not load their
// gigabyte, and tests can put something else in their place.
#pragma once

#include <cublas_v2.h>
#include <cudnn.h>

#include "machine/cuda_library_folders.hpp"

namespace mnist::cuda {

// The functions that the engine calls, typed by the headers' own declarations.
struct Cublas {
  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasDestroy_v2) destroy = nullptr;
  decltype(&cublasGetProperty) get_property = nullptr;
  decltype(&cublasGetStatusName) status_name = nullptr;
  decltype(&cublasSetStream_v2) set_stream = nullptr;
  decltype(&cublasSetWorkspace_v2) set_workspace = nullptr;
  decltype(&cublasSetMathMode) set_math_mode = nullptr;
  decltype(&cublasSgemm_v2) sgemm = nullptr;
};

struct Cudnn {
  decltype(&cudnnCreate) create = nullptr;
  decltype(&cudnnDestroy) destroy = nullptr;
  decltype(&cudnnGetProperty) get_property = nullptr;
  decltype(&cudnnGetErrorString) status_name = nullptr;
  decltype(&cudnnSetStream) set_stream = nullptr;

  decltype(&cudnnCreateTensorDescriptor) create_tensor = nullptr;
  decltype(&cudnnSetTensor4dDescriptor) set_tensor = nullptr;
  decltype(&cudnnDestroyTensorDescriptor) destroy_tensor = nullptr;
  decltype(&cudnnCreateFilterDescriptor) create_filter = nullptr;
  decltype(&cudnnSetFilter4dDescriptor) set_filter = nullptr;
  decltype(&cudnnDestroyFilterDescriptor) destroy_filter = nullptr;

  decltype(&cudnnCreateConvolutionDescriptor) create_convolution = nullptr;
  decltype(&cudnnSetConvolution2dDescriptor) set_convolution = nullptr;
  decltype(&cudnnSetConvolutionMathType) set_convolution_math = nullptr;
  decltype(&cudnnDestroyConvolutionDescriptor) destroy_convolution = nullptr;
  decltype(&cudnnGetConvolutionForwardWorkspaceSize) forward_workspace = nullptr;
  decltype(&cudnnGetConvolutionBackwardDataWorkspaceSize) backward_data_workspace = nullptr;
  decltype(&cudnnGetConvolutionBackwardFilterWorkspaceSize) backward_filter_workspace = nullptr;
  decltype(&cudnnConvolutionForward) convolution_forward = nullptr;
  decltype(&cudnnConvolutionBackwardData) convolution_backward_data = nullptr;
  decltype(&cudnnConvolutionBackwardFilter) convolution_backward_filter = nullptr;

  decltype(&cudnnAddTensor) add_tensor = nullptr;
  decltype(&cudnnConvolutionBackwardBias) backward_bias = nullptr;

  decltype(&cudnnCreateActivationDescriptor) create_activation = nullptr;
  decltype(&cudnnSetActivationDescriptor) set_activation = nullptr;
  decltype(&cudnnDestroyActivationDescriptor) destroy_activation = nullptr;
  decltype(&cudnnActivationForward) activation_forward = nullptr;
  decltype(&cudnnActivationBackward) activation_backward = nullptr;
};

struct Libraries {
  Cublas cublas;
  Cudnn cudnn;
};

// Opens both in the first place that has them: `folders`, and between their two parts where the
// system's loader finds them. They stay open until the process ends. Throws Error(no_gpu) that
// names the library that is missing or cannot be used, and where it was looked for.
Libraries open_libraries(const CudaLibraryFolders& folders);

}  // namespace mnist::cuda
