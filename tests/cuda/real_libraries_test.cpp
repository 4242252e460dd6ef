// The real cuBLAS and cuDNN, as far as they go without a GPU: that they have what the engine calls,
// and accept how it describes tensors. Skipped where they are not to be found.
#include <gtest/gtest.h>

#include <cstdlib>

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
    } catch (const Error& missing) {
      GTEST_SKIP() << missing.what();
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
