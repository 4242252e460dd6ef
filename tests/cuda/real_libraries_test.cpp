// The real cuBLAS and cuDNN, as far as they go without a GPU: that they have what the engine calls,
// and accept how it describes tensors. Skipped where they are not to be found.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "base/error.hpp"
#include "cuda/descriptors.hpp"
#include "machine/cuda_library_folders.hpp"

namespace mnist::cuda {
namespace {

class RealLibraries : public testing::Test {
 protected:
  void SetUp() override {
    const mnist::Machine here{.root = "/", .environment = std::getenv};
    try {
      libraries_ = open_libraries(cuda_library_folders(here, MNIST_CUDA_LIBRARY_FOLDERS));
    } catch (const Error& failure) {
      const std::string_view what = failure.what();
      if (what.find("has no function") != what.npos) FAIL() << what;
      GTEST_SKIP() << what;
    }
  }

  Libraries libraries_;
};

TEST_F(RealLibraries, AreOfTheVersionsThatTheEngineWasCompiledFor) {
  int major = 0;
  EXPECT_EQ(libraries_.cublas.get_property(MAJOR_VERSION, &major), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(major, CUBLAS_VER_MAJOR);
  EXPECT_EQ(libraries_.cudnn.get_property(MAJOR_VERSION, &major), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(major, CUDNN_MAJOR);
}

template <class Function>
void expect_named(Function* function, const char* name) {
  Dl_info found{};
  ASSERT_NE(dladdr(reinterpret_cast<void*>(function), &found), 0) << name;
  EXPECT_STREQ(found.dli_sname, name);
}

// Behind a member may be a function of the right type and the wrong name.
TEST_F(RealLibraries, HaveEachFunctionInItsPlace) {
  const Cublas& cublas = libraries_.cublas;
  expect_named(cublas.create, "cublasCreate_v2");
  expect_named(cublas.destroy, "cublasDestroy_v2");
  expect_named(cublas.get_property, "cublasGetProperty");
  expect_named(cublas.status_name, "cublasGetStatusName");
  expect_named(cublas.set_stream, "cublasSetStream_v2");
  expect_named(cublas.set_workspace, "cublasSetWorkspace_v2");
  expect_named(cublas.set_math_mode, "cublasSetMathMode");
  expect_named(cublas.sgemm, "cublasSgemm_v2");
  const Cudnn& cudnn = libraries_.cudnn;
  expect_named(cudnn.create, "cudnnCreate");
  expect_named(cudnn.destroy, "cudnnDestroy");
  expect_named(cudnn.get_property, "cudnnGetProperty");
  expect_named(cudnn.status_name, "cudnnGetErrorString");
  expect_named(cudnn.set_stream, "cudnnSetStream");
  expect_named(cudnn.create_tensor, "cudnnCreateTensorDescriptor");
  expect_named(cudnn.set_tensor, "cudnnSetTensor4dDescriptor");
  expect_named(cudnn.destroy_tensor, "cudnnDestroyTensorDescriptor");
  expect_named(cudnn.create_filter, "cudnnCreateFilterDescriptor");
  expect_named(cudnn.set_filter, "cudnnSetFilter4dDescriptor");
  expect_named(cudnn.destroy_filter, "cudnnDestroyFilterDescriptor");
  expect_named(cudnn.create_convolution, "cudnnCreateConvolutionDescriptor");
  expect_named(cudnn.set_convolution, "cudnnSetConvolution2dDescriptor");
  expect_named(cudnn.set_convolution_math, "cudnnSetConvolutionMathType");
  expect_named(cudnn.destroy_convolution, "cudnnDestroyConvolutionDescriptor");
  expect_named(cudnn.forward_workspace, "cudnnGetConvolutionForwardWorkspaceSize");
  expect_named(cudnn.backward_data_workspace, "cudnnGetConvolutionBackwardDataWorkspaceSize");
  expect_named(cudnn.backward_filter_workspace, "cudnnGetConvolutionBackwardFilterWorkspaceSize");
  expect_named(cudnn.convolution_forward, "cudnnConvolutionForward");
  expect_named(cudnn.convolution_backward_data, "cudnnConvolutionBackwardData");
  expect_named(cudnn.convolution_backward_filter, "cudnnConvolutionBackwardFilter");
  expect_named(cudnn.add_tensor, "cudnnAddTensor");
  expect_named(cudnn.backward_bias, "cudnnConvolutionBackwardBias");
  expect_named(cudnn.create_activation, "cudnnCreateActivationDescriptor");
  expect_named(cudnn.set_activation, "cudnnSetActivationDescriptor");
  expect_named(cudnn.destroy_activation, "cudnnDestroyActivationDescriptor");
  expect_named(cudnn.activation_forward, "cudnnActivationForward");
  expect_named(cudnn.activation_backward, "cudnnActivationBackward");
}

TEST_F(RealLibraries, NameTheirStatuses) {
  EXPECT_STREQ(libraries_.cublas.status_name(CUBLAS_STATUS_NOT_SUPPORTED),
               "CUBLAS_STATUS_NOT_SUPPORTED");
  EXPECT_STREQ(libraries_.cudnn.status_name(CUDNN_STATUS_NOT_SUPPORTED),
               "CUDNN_STATUS_NOT_SUPPORTED");
}

TEST_F(RealLibraries, AcceptOurDescriptors) {
  const Cudnn& cudnn = libraries_.cudnn;
  EXPECT_TRUE(describe_tensor(cudnn, 100, {16, 24, 24}));
  EXPECT_TRUE(describe_filter(cudnn, {.filters = 32, .kernel = 5}, 16));
  EXPECT_TRUE(describe_convolution(cudnn, Precision::fp32));
  EXPECT_TRUE(describe_convolution(cudnn, Precision::tf32));
  EXPECT_TRUE(describe_relu(cudnn));
  EXPECT_THROW(describe_tensor(cudnn, 0, {16, 24, 24}), Error) << "they are looked at";
}

}  // namespace
}  // namespace mnist::cuda
