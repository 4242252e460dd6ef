// What the stand-ins refuse: each mistake made once on purpose.
#include <gmock/gmock.h>

#include <array>
#include <cmath>

#include "cuda/kernels.hpp"
#include "cuda/machine.hpp"

namespace mnist::cuda {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr float one = 1;
constexpr float zero = 0;

// A stream, both libraries on it, and descriptors of a convolution: 2 x 3 x 5 x 5 images with 4
// filters of 3 x 3 give 2 x 4 x 3 x 3.
class Refusals : public testing::Test {
 protected:
  Refusals() {
    cudaSetDevice(0);
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    blas.create(&blas_handle);
    blas.set_stream(blas_handle, stream);
    blas.set_workspace(blas_handle, memory(1024), 4096);
    dnn.create(&dnn_handle);
    dnn.set_stream(dnn_handle, stream);
    dnn.create_tensor(&input);
    dnn.create_tensor(&output);
    dnn.create_tensor(&bias);
    dnn.create_filter(&filter);
    dnn.create_convolution(&convolution);
    dnn.create_activation(&relu);
    set(input, {2, 3, 5, 5});
    set(output, {2, 4, 3, 3});
    set(bias, {1, 4, 1, 1});
    dnn.set_filter(filter, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, 4, 3, 3, 3);
    dnn.set_convolution(convolution, 0, 0, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
    dnn.set_convolution_math(convolution, CUDNN_FMA_MATH);
    dnn.set_activation(relu, CUDNN_ACTIVATION_RELU, CUDNN_PROPAGATE_NAN, 0);
  }

  ~Refusals() override {
    dnn.destroy_activation(relu);
    dnn.destroy_convolution(convolution);
    dnn.destroy_filter(filter);
    for (const cudnnTensorDescriptor_t tensor : {input, output, bias}) dnn.destroy_tensor(tensor);
    dnn.destroy(dnn_handle);
    blas.destroy(blas_handle);
    cudaStreamDestroy(stream);
    for (float* taken : taken_) cudaFree(taken);
  }

  float* memory(std::size_t size) {
    void* taken = nullptr;
    cudaMalloc(&taken, size * sizeof(float));
    return taken_.emplace_back(static_cast<float*>(taken));
  }
  void set(cudnnTensorDescriptor_t tensor, const std::array<int, 4>& sizes) {
    dnn.set_tensor(tensor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, sizes[0], sizes[1], sizes[2],
                   sizes[3]);
  }

  // That there was this refusal since the last time, and its status.
  template <class Status>
  void expect_refused(Status found, Status expected, const std::string& reason) {
    EXPECT_EQ(found, expected);
    EXPECT_THAT(machine().refusals, Contains(HasSubstr(reason)));
    machine().refusals.clear();
  }

  struct Convolved {
    const float* images = nullptr;
    const float* filters = nullptr;
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0;
    float* outputs = nullptr;
  };
  Convolved convolved() { return {memory(150), memory(108), memory(108), 432, memory(72)}; }
  cudnnStatus_t convolve(
      const Convolved& with,
      cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM) {
    return dnn.convolution_forward(dnn_handle, &one, input, with.images, filter, with.filters,
                                   convolution, algorithm, with.workspace, with.workspace_bytes,
                                   &zero, output, with.outputs);
  }
  // 4 x 3 times 3 x 2.
  cublasStatus_t multiply(const float* left, const float* right, float* product,
                          int left_leading = 4) {
    return blas.sgemm(blas_handle, CUBLAS_OP_N, CUBLAS_OP_N, 4, 2, 3, &one, left, left_leading,
                      right, 3, &zero, product, 4);
  }

  const Cublas blas = stand_in_cublas();
  const Cudnn dnn = stand_in_cudnn();
  cudaStream_t stream = nullptr;
  cublasHandle_t blas_handle = nullptr;
  cudnnHandle_t dnn_handle = nullptr;
  cudnnTensorDescriptor_t input = nullptr;
  cudnnTensorDescriptor_t output = nullptr;
  cudnnTensorDescriptor_t bias = nullptr;
  cudnnFilterDescriptor_t filter = nullptr;
  cudnnConvolutionDescriptor_t convolution = nullptr;
  cudnnActivationDescriptor_t relu = nullptr;

 private:
  std::vector<float*> taken_;
};

TEST_F(Refusals, AreNoneWhereAllIsRight) {
  EXPECT_EQ(convolve(convolved()), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(multiply(memory(12), memory(6), memory(8)), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
}

TEST_F(Refusals, OfDescriptorsNeverSet) {
  const Convolved with = convolved();
  cudnnTensorDescriptor_t unset = nullptr;
  dnn.create_tensor(&unset);
  std::swap(input, unset);
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "tensor descriptor that was never set");
  std::swap(input, unset);
  dnn.destroy_tensor(unset);

  cudnnConvolutionDescriptor_t unset_convolution = nullptr;
  dnn.create_convolution(&unset_convolution);
  std::swap(convolution, unset_convolution);
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "a descriptor that was never set");
  std::swap(convolution, unset_convolution);
  dnn.destroy_convolution(unset_convolution);

  cudnnActivationDescriptor_t unset_relu = nullptr;
  dnn.create_activation(&unset_relu);
  expect_refused(dnn.activation_forward(dnn_handle, unset_relu, &one, output, with.outputs, &zero,
                                        output, with.outputs),
                 CUDNN_STATUS_BAD_PARAM, "activation descriptor that was never set");
  dnn.destroy_activation(unset_relu);
  expect_refused(dnn.set_tensor(input, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 0, 1, 1, 1),
                 CUDNN_STATUS_BAD_PARAM, "size below 1");
}

TEST_F(Refusals, OfDescriptorsAndHandlesDestroyed) {
  const Convolved with = convolved();
  cudnnFilterDescriptor_t gone = nullptr;
  dnn.create_filter(&gone);
  dnn.destroy_filter(gone);
  std::swap(filter, gone);
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "a destroyed filter descriptor");
  std::swap(filter, gone);
  expect_refused(dnn.destroy_filter(gone), CUDNN_STATUS_BAD_PARAM, "a destroyed filter");

  cublasHandle_t gone_handle = nullptr;
  blas.create(&gone_handle);
  blas.destroy(gone_handle);
  std::swap(blas_handle, gone_handle);
  expect_refused(multiply(memory(12), memory(6), memory(8)), CUBLAS_STATUS_NOT_INITIALIZED,
                 "a destroyed cuBLAS handle");
  std::swap(blas_handle, gone_handle);

  cudaStream_t gone_stream = nullptr;
  cudaStreamCreateWithFlags(&gone_stream, cudaStreamNonBlocking);
  cudaStreamDestroy(gone_stream);
  expect_refused(cudaStreamSynchronize(gone_stream), cudaErrorInvalidResourceHandle,
                 "a destroyed stream");
  expect_refused(dnn.set_stream(dnn_handle, gone_stream), CUDNN_STATUS_BAD_PARAM,
                 "a destroyed stream");
}

TEST_F(Refusals, OfEventsNotReached) {
  cudaEvent_t start = nullptr;
  cudaEvent_t stop = nullptr;
  cudaEventCreate(&start);
  cudaEventCreate(&stop);
  expect_refused(cudaEventSynchronize(start), cudaErrorInvalidResourceHandle, "never recorded");
  cudaEventRecord(start, stream);
  cudaEventSynchronize(start);
  cudaEventRecord(stop, stream);
  float milliseconds = 0;
  expect_refused(cudaEventElapsedTime(&milliseconds, start, stop), cudaErrorNotReady,
                 "not waited for");
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  expect_refused(cudaEventRecord(start, stream), cudaErrorStreamCaptureUnsupported,
                 "while a stream is capturing");
  expect_refused(cudaEventRecordWithFlags(start, stream, cudaEventRecordDefault),
                 cudaErrorStreamCaptureUnsupported, "nobody outside can read");
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream, &graph);
  expect_refused(cudaEventRecordWithFlags(start, stream, cudaEventRecordExternal),
                 cudaErrorInvalidValue, "not capturing");
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
  expect_refused(cudaEventRecord(start, stream), cudaErrorInvalidResourceHandle,
                 "a destroyed event");
}

TEST_F(Refusals, OfHandlesWithoutAStream) {
  cudnnHandle_t without = nullptr;
  dnn.create(&without);
  std::swap(dnn_handle, without);
  expect_refused(convolve(convolved()), CUDNN_STATUS_BAD_PARAM, "this is no stream");
  std::swap(dnn_handle, without);
  dnn.destroy(without);
  expect_refused(launch(AdamUpdate{.parameter_count = 1}, nullptr), cudaErrorInvalidResourceHandle,
                 "this is no stream");
}

TEST_F(Refusals, OfShapesThatDisagree) {
  const Convolved with = convolved();
  set(output, {2, 4, 3, 2});
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "another shape than the convolution's");
  set(output, {2, 4, 3, 3});
  set(input, {2, 2, 5, 5});
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "another number of channels");
  set(bias, {1, 3, 1, 1});
  expect_refused(dnn.add_tensor(dnn_handle, &one, bias, memory(4), &one, output, with.outputs),
                 CUDNN_STATUS_BAD_PARAM, "one a channel");
  expect_refused(dnn.backward_bias(dnn_handle, &one, output, with.outputs, &zero, bias, memory(4)),
                 CUDNN_STATUS_BAD_PARAM, "one a channel");
  expect_refused(dnn.activation_forward(dnn_handle, relu, &one, input, with.images, &zero, output,
                                        with.outputs),
                 CUDNN_STATUS_BAD_PARAM, "different shapes");
  expect_refused(
      dnn.activation_backward(dnn_handle, relu, &one, output, with.outputs, output, with.outputs,
                              input, with.images, &zero, output, with.outputs),
      CUDNN_STATUS_BAD_PARAM, "different shapes");
  expect_refused(multiply(memory(12), memory(6), memory(8), 3), CUBLAS_STATUS_INVALID_VALUE,
                 "leading dimension");
}

TEST_F(Refusals, OfWorkspacesTooSmall) {
  Convolved with = convolved();
  std::size_t asked_for = 0;
  dnn.forward_workspace(dnn_handle, input, filter, convolution, output,
                        CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM, &asked_for);
  EXPECT_GT(asked_for, 0u);
  with.workspace_bytes = asked_for - 1;
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "workspace that is too small");
  with.workspace_bytes = 433;
  expect_refused(convolve(with), CUDNN_STATUS_EXECUTION_FAILED, "the workspace: 433 bytes");

  dnn.backward_filter_workspace(dnn_handle, input, output, convolution, filter,
                                CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1, &asked_for);
  expect_refused(
      dnn.convolution_backward_filter(dnn_handle, &one, input, with.images, output, with.outputs,
                                      convolution, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
                                      memory(1000), asked_for - 1, &zero, filter, memory(108)),
      CUDNN_STATUS_BAD_PARAM, "workspace that is too small");
  dnn.backward_data_workspace(dnn_handle, filter, output, convolution, input,
                              CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, &asked_for);
  expect_refused(
      dnn.convolution_backward_data(dnn_handle, &one, filter, with.filters, output, with.outputs,
                                    convolution, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1, memory(1000),
                                    asked_for - 1, &zero, input, memory(150)),
      CUDNN_STATUS_BAD_PARAM, "workspace that is too small");
}

TEST_F(Refusals, OfAlgorithmsThatSumInNoFixedOrder) {
  std::size_t bytes = 0;
  for (const auto banned :
       {CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_3})
    expect_refused(dnn.backward_filter_workspace(dnn_handle, input, output, convolution, filter,
                                                 banned, &bytes),
                   CUDNN_STATUS_NOT_SUPPORTED, "this algorithm");
  expect_refused(dnn.backward_data_workspace(dnn_handle, filter, output, convolution, input,
                                             CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, &bytes),
                 CUDNN_STATUS_NOT_SUPPORTED, "this algorithm");
  expect_refused(convolve(convolved(), CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD),
                 CUDNN_STATUS_NOT_SUPPORTED, "this algorithm");
}

TEST_F(Refusals, OfProductsInLessThanFp32) {
  for (const auto less : {CUDNN_DEFAULT_MATH, CUDNN_TENSOR_OP_MATH}) {
    dnn.set_convolution_math(convolution, less);
    expect_refused(convolve(convolved()), CUDNN_STATUS_NOT_SUPPORTED, "less than FP32");
  }
  blas.set_math_mode(blas_handle, CUBLAS_TF32_TENSOR_OP_MATH);
  expect_refused(multiply(memory(12), memory(6), memory(8)), CUBLAS_STATUS_NOT_SUPPORTED,
                 "less than FP32");
}

TEST_F(Refusals, OfCublasWithoutMemoryOfItsOwn) {
  blas.set_stream(blas_handle, stream);  // which forgets the workspace
  expect_refused(multiply(memory(12), memory(6), memory(8)), CUBLAS_STATUS_NOT_INITIALIZED,
                 "memory that is not its own");
  expect_refused(blas.set_workspace(blas_handle, memory(8) + 1, 4), CUBLAS_STATUS_INVALID_VALUE,
                 "not aligned to 256 bytes");
}

TEST_F(Refusals, OfSamplesThatTheirSetDoesNotHave) {
  Progress* const progress = reinterpret_cast<Progress*>(memory(3));
  auto* const order = reinterpret_cast<std::uint32_t*>(memory(2));
  auto* const pixels = reinterpret_cast<std::uint8_t*>(memory(2));  // of four images of two
  cudaMemsetAsync(progress, 0, sizeof *progress, stream);
  const std::array<std::uint32_t, 2> beyond{3, 4};
  cudaMemcpyAsync(order, beyond.data(), sizeof beyond, cudaMemcpyHostToDevice, stream);
  const Batches batches{.pixels = pixels,
                        .labels = nullptr,
                        .order = order,
                        .progress = progress,
                        .batch_size = 2,
                        .image_size = 2};
  EXPECT_EQ(launch(GatherImages{batches, memory(4)}, stream), cudaSuccess);
  expect_refused(cudaStreamSynchronize(stream), cudaErrorIllegalAddress, "the pixels of a sample");
}

TEST_F(Refusals, OfPointersToNoDeviceMemory) {
  const std::vector<float> host(12);
  expect_refused(multiply(nullptr, memory(6), memory(8)), CUBLAS_STATUS_INVALID_VALUE,
                 "left matrix: a null pointer");
  expect_refused(multiply(host.data(), memory(6), memory(8)), CUBLAS_STATUS_EXECUTION_FAILED,
                 "left matrix: the host's memory");
  expect_refused(multiply(memory(12), memory(6), memory(7)), CUBLAS_STATUS_EXECUTION_FAILED,
                 "product: 32 bytes at 0 of 28");
  expect_refused(multiply(memory(12) + 1, memory(6), memory(8)), CUBLAS_STATUS_EXECUTION_FAILED,
                 "left matrix: 48 bytes at 4 of 48");
  Convolved with = convolved();
  with.images = host.data();
  expect_refused(convolve(with), CUDNN_STATUS_EXECUTION_FAILED, "input: the host's memory");
  with.images = nullptr;
  expect_refused(convolve(with), CUDNN_STATUS_BAD_PARAM, "input: a null pointer");

  void* freed = nullptr;
  cudaMalloc(&freed, 48);
  cudaFree(freed);
  expect_refused(multiply(static_cast<float*>(freed), memory(6), memory(8)),
                 CUBLAS_STATUS_EXECUTION_FAILED, "memory that was freed");
  expect_refused(cudaFree(freed), cudaErrorInvalidValue, "freeing memory twice");
  expect_refused(cudaMemsetAsync(memory(2), 0, 9, stream), cudaErrorIllegalAddress, "9 bytes at 0");
  float there = 0;
  expect_refused(cudaMemcpyAsync(memory(1), memory(1), 4, cudaMemcpyHostToDevice, stream),
                 cudaErrorInvalidValue, "this is not the host's");
  expect_refused(cudaMemcpyAsync(&there, &there, 4, cudaMemcpyDeviceToHost, stream),
                 cudaErrorIllegalAddress, "the host's memory");
}

TEST_F(Refusals, OfKernelsOnMemoryThatIsNotTheirs) {
  const std::vector<float> host(8);
  ApplyDropout dropout{.input = host.data(), .output = memory(8), .value_count = 8};
  expect_refused(launch(dropout, stream), cudaErrorIllegalAddress, "input: the host's memory");
  (void)cudaGetLastError();
  dropout.input = memory(7);
  expect_refused(launch(dropout, stream), cudaErrorIllegalAddress, "32 bytes at 0 of 28");
  (void)cudaGetLastError();
  dropout.value_count = 0;
  expect_refused(launch(dropout, stream), cudaErrorInvalidConfiguration, "no pieces");
}

// As cudaGetLastError() after a launch does.
TEST_F(Refusals, AreToldOnceMoreByTheNextLaunch) {
  expect_refused(cudaSetDevice(9), cudaErrorInvalidDevice, "no such GPU");
  const ApplyDropout dropout{.input = memory(8),
                             .output = memory(8),
                             .value_count = 8,
                             .progress = reinterpret_cast<Progress*>(memory(3))};
  EXPECT_EQ(launch(dropout, stream), cudaErrorInvalidDevice);
  EXPECT_EQ(launch(dropout, stream), cudaSuccess);
}

TEST_F(Refusals, OfWritingBesideAnAllocation) {
  float* const values = memory(40);
  // What a kernel touches beyond what its operands say.
  Work work;
  work.name = "a kernel";
  work.operands = {{values, 4, "values"}};
  work.run = [=] { values[40] = 1; };
  machine().submit(stream, std::move(work));
  expect_refused(cudaStreamSynchronize(stream), cudaErrorIllegalAddress,
                 "wrote beside an allocation");
  // From then on nothing works, and nothing more is told.
  EXPECT_EQ(cudaMemsetAsync(values, 0, 4, stream), cudaErrorIllegalAddress);
}

TEST_F(Refusals, OfMemoryAndStreamsOfAnotherGpu) {
  float* const of_first = memory(12);
  cudaSetDevice(1);
  float* const of_second = memory(12);
  expect_refused(multiply(of_first, of_first, of_first), CUBLAS_STATUS_NOT_INITIALIZED,
                 "another GPU than the current one");
  cudaSetDevice(0);
  expect_refused(multiply(of_second, memory(6), memory(8)), CUBLAS_STATUS_EXECUTION_FAILED,
                 "memory of another GPU");
}

// Runs `call` while the stream captures, and says how the capture ended.
template <class Call>
cudaError_t captured(cudaStream_t stream, const Call& call) {
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  call();
  cudaGraph_t graph = nullptr;
  const cudaError_t status = cudaStreamEndCapture(stream, &graph);
  if (graph) cudaGraphDestroy(graph);
  return status;
}

TEST_F(Refusals, OfWhatMayNotBeCaptured) {
  void* fresh = nullptr;
  float there = 0;
  float* const values = memory(12);
  const auto expect_spoiled = [&](const std::string& reason, const auto& call) {
    const cudaError_t end = captured(stream, [&] {
      expect_refused(call(), cudaErrorStreamCaptureUnsupported, reason);
      EXPECT_EQ(cudaMemsetAsync(values, 0, 4, stream), cudaErrorStreamCaptureInvalidated);
    });
    EXPECT_EQ(end, cudaErrorStreamCaptureInvalidated);
  };
  expect_spoiled("taking memory", [&] { return cudaMalloc(&fresh, 4); });
  expect_spoiled("freeing memory", [&] { return cudaFree(values); });
  expect_spoiled("taking page-locked memory", [&] { return cudaMallocHost(&fresh, 4); });
  expect_spoiled("waiting", [&] { return cudaStreamSynchronize(stream); });
  expect_spoiled("not page-locked", [&] {
    return cudaMemcpyAsync(&there, values, 4, cudaMemcpyDeviceToHost, stream);
  });
  // A kernel that never ran is loaded by its first launch.
  expect_spoiled("loading", [&] {
    const auto* progress = reinterpret_cast<Progress*>(values);
    const cudaError_t status = launch(
        ApplyDropout{.input = values, .output = values, .value_count = 8, .progress = progress},
        stream);
    (void)cudaGetLastError();
    return status;
  });
  EXPECT_EQ(captured(stream, [&] { cudaMemsetAsync(values, 0, 4, stream); }), cudaSuccess);
  cudaGraph_t graph = nullptr;
  expect_refused(cudaStreamEndCapture(stream, &graph), cudaErrorIllegalState, "not capturing");
}

}  // namespace
}  // namespace mnist::cuda
