#include "cuda/libraries.hpp"

#include <string>

#include "machine/cuda_library.hpp"

namespace mnist::cuda {
namespace {

Cublas open_cublas(const CudaLibraryFolders& folders) {
  const std::string major = std::to_string(CUBLAS_VER_MAJOR);
  const CudaLibrary library("cuBLAS " + major, "libcublas.so." + major, "libcublasLt.so." + major,
                            folders);
  Cublas table;
  library.find("cublasCreate_v2", table.create);
  library.find("cublasDestroy_v2", table.destroy);
  library.find("cublasGetProperty", table.get_property);
  library.find("cublasGetStatusName", table.status_name);
  library.find("cublasSetStream_v2", table.set_stream);
  library.find("cublasSetWorkspace_v2", table.set_workspace);
  library.find("cublasSetMathMode", table.set_math_mode);
  library.find("cublasSgemm_v2", table.sgemm);
  return table;
}

Cudnn open_cudnn(const CudaLibraryFolders& folders) {
  const std::string major = std::to_string(CUDNN_MAJOR);
  const CudaLibrary library("cuDNN " + major + " for CUDA " + std::to_string(CUDART_VERSION / 1000),
                            "libcudnn.so." + major, "", folders);
  Cudnn table;
  library.find("cudnnCreate", table.create);
  library.find("cudnnDestroy", table.destroy);
  library.find("cudnnGetProperty", table.get_property);
  library.find("cudnnGetErrorString", table.status_name);
  library.find("cudnnSetStream", table.set_stream);
  library.find("cudnnCreateTensorDescriptor", table.create_tensor);
  library.find("cudnnSetTensor4dDescriptor", table.set_tensor);
  library.find("cudnnDestroyTensorDescriptor", table.destroy_tensor);
  library.find("cudnnCreateFilterDescriptor", table.create_filter);
  library.find("cudnnSetFilter4dDescriptor", table.set_filter);
  library.find("cudnnDestroyFilterDescriptor", table.destroy_filter);
  library.find("cudnnCreateConvolutionDescriptor", table.create_convolution);
  library.find("cudnnSetConvolution2dDescriptor", table.set_convolution);
  library.find("cudnnSetConvolutionMathType", table.set_convolution_math);
  library.find("cudnnDestroyConvolutionDescriptor", table.destroy_convolution);
  library.find("cudnnGetConvolutionForwardWorkspaceSize", table.forward_workspace);
  library.find("cudnnGetConvolutionBackwardDataWorkspaceSize", table.backward_data_workspace);
  library.find("cudnnGetConvolutionBackwardFilterWorkspaceSize", table.backward_filter_workspace);
  library.find("cudnnConvolutionForward", table.convolution_forward);
  library.find("cudnnConvolutionBackwardData", table.convolution_backward_data);
  library.find("cudnnConvolutionBackwardFilter", table.convolution_backward_filter);
  library.find("cudnnAddTensor", table.add_tensor);
  library.find("cudnnConvolutionBackwardBias", table.backward_bias);
  library.find("cudnnCreateActivationDescriptor", table.create_activation);
  library.find("cudnnSetActivationDescriptor", table.set_activation);
  library.find("cudnnDestroyActivationDescriptor", table.destroy_activation);
  library.find("cudnnActivationForward", table.activation_forward);
  library.find("cudnnActivationBackward", table.activation_backward);
  return table;
}

}  // namespace

Libraries open_libraries(const CudaLibraryFolders& folders) {
  return {open_cublas(folders), open_cudnn(folders)};
}

}  // namespace mnist::cuda
