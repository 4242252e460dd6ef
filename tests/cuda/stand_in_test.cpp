// That the stand-ins behave as a GPU and its libraries do where nobody makes a mistake.
#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <span>

#include "cuda/arithmetic.hpp"
#include "cuda/kernels.hpp"
#include "cuda/machine.hpp"

namespace mnist::cuda {
namespace {

using testing::Each;
using testing::ElementsAre;

class StandIn : public testing::Test {
 protected:
  StandIn() { cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking); }
  ~StandIn() override {
    cudaStreamDestroy(stream);
    for (void* memory : taken_) cudaFree(memory);
  }

  float* fresh(std::size_t size) {
    void* taken = nullptr;
    cudaMalloc(&taken, size * sizeof(float));
    return static_cast<float*>(taken_.emplace_back(taken));
  }
  float* memory(const std::vector<float>& values) {
    float* const taken = fresh(values.size());
    cudaMemcpyAsync(taken, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice,
                    stream);
    return taken;
  }
  std::vector<float> values(const float* memory, std::size_t size) {
    std::vector<float> copied(size);
    cudaMemcpyAsync(copied.data(), memory, size * sizeof(float), cudaMemcpyDeviceToHost, stream);
    cudaStreamSynchronize(stream);
    return copied;
  }

  cudaStream_t stream = nullptr;

 private:
  std::vector<void*> taken_;
};

using StandInDeathTest = StandIn;

TEST_F(StandIn, DoesNothingBeforeSomebodyWaits) {
  const float* const from = memory({1, 2});
  std::vector<float> to(2);
  cudaMemcpyAsync(to.data(), from, 8, cudaMemcpyDeviceToHost, stream);
  EXPECT_THAT(to, Each(0));
  cudaStreamSynchronize(stream);
  EXPECT_THAT(to, ElementsAre(1, 2));
}

TEST_F(StandIn, HasAClockThatWorkMoves) {
  machine().streams.milliseconds_of = [](const Work& work) {
    return static_cast<double>(work.operands.front().bytes);
  };
  cudaEvent_t start = nullptr;
  cudaEvent_t stop = nullptr;
  cudaEventCreate(&start);
  cudaEventCreate(&stop);
  memory({1, 2, 3});
  cudaEventRecord(start, stream);
  memory({1, 2});
  memory({1});
  cudaEventRecord(stop, stream);
  memory({1, 2, 3});
  cudaEventSynchronize(stop);
  float milliseconds = 0;
  EXPECT_EQ(cudaEventElapsedTime(&milliseconds, start, stop), cudaSuccess);
  EXPECT_EQ(milliseconds, 12) << "of the copies between";
  cudaEventDestroy(start);
  cudaEventDestroy(stop);
}

TEST_F(StandIn, TakesOrdinaryMemoryAtTheCallAndPageLockedMemoryLater) {
  void* locked = nullptr;
  cudaMallocHost(&locked, 4);
  auto* const page_locked = static_cast<float*>(locked);
  EXPECT_TRUE(std::isnan(*page_locked));
  float ordinary = 1;
  *page_locked = 1;
  float* const both = fresh(2);
  cudaMemcpyAsync(both, &ordinary, 4, cudaMemcpyHostToDevice, stream);
  cudaMemcpyAsync(both + 1, page_locked, 4, cudaMemcpyHostToDevice, stream);
  ordinary = 2;
  *page_locked = 2;
  EXPECT_THAT(values(both, 2), ElementsAre(1, 2));
  cudaFreeHost(locked);
}

TEST_F(StandIn, FillsFreshMemoryWithPoison) {
  for (const float value : values(fresh(3), 3)) EXPECT_TRUE(std::isnan(value));
}

TEST_F(StandInDeathTest, KeepsTheHostOutOfDeviceMemory) {
  const volatile float* const there = memory({1.0f});
  cudaStreamSynchronize(stream);
  EXPECT_DEATH((void)*there, "");
}

TEST_F(StandIn, ReplaysWhatItRecorded) {
  const AdamUpdate update{.gradients = memory({1.0f}),
                          .rates = memory({1.0f}),
                          .progress = reinterpret_cast<Progress*>(memory({0, 0, 0})),
                          .parameters = memory({0.0f}),
                          .first_moments = memory({0.0f}),
                          .second_moments = memory({0.0f}),
                          .parameter_count = 1};
  launch(update, stream);
  const float after_one = values(update.parameters, 1)[0];
  EXPECT_LT(after_one, 0);
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  launch(update, stream);
  cudaGraph_t graph = nullptr;
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  EXPECT_EQ(values(update.parameters, 1)[0], after_one) << "recording is not running";
  cudaGraphExec_t exec = nullptr;
  cudaGraphInstantiateWithFlags(&exec, graph, 0);
  cudaGraphDestroy(graph);
  const float first = values(update.first_moments, 1)[0];
  cudaGraphLaunch(exec, stream);
  cudaGraphLaunch(exec, stream);
  float expected = first;
  for (int i = 0; i < 2; ++i) expected += (1 - expected) * static_cast<float>(1 - adam_beta1);
  EXPECT_EQ(values(update.first_moments, 1)[0], expected);
  cudaGraphExecDestroy(exec);
}

TEST_F(StandIn, RunsEachPieceOfAKernelOnce) {
  for (const std::size_t size : {1u, 31u, 32u, 33u, 1000u, 4096u}) {
    const std::vector<float> zeros(size);
    const AdamUpdate update{.gradients = memory(std::vector<float>(size, 1)),
                            .rates = memory({1.0f}),
                            .progress = reinterpret_cast<Progress*>(memory({0, 0, 0})),
                            .parameters = memory(zeros),
                            .first_moments = memory(zeros),
                            .second_moments = memory(zeros),
                            .parameter_count = size};
    for (int turn = 0; turn < 9; ++turn) launch(update, stream);
    const std::vector<float> moments = values(update.first_moments, size);
    EXPECT_THAT(moments, Each(moments[0]));
    EXPECT_NEAR(moments[0], 1 - std::pow(0.9f, 9), 1e-6);
  }
}

// A null pointer would only be found by calling it.
TEST_F(StandIn, HasEveryFunctionOfItsLibraries) {
  const auto functions = [](const auto& table) {
    using Table = std::remove_cvref_t<decltype(table)>;
    return std::bit_cast<std::array<void*, sizeof(Table) / sizeof(void*)>>(table);
  };
  EXPECT_THAT(functions(stand_in_cublas()), Each(testing::NotNull()));
  EXPECT_THAT(functions(stand_in_cudnn()), Each(testing::NotNull()));
}

// Against sums written as in cuBLAS's manual, with gaps between columns.
TEST_F(StandIn, MultipliesMatricesAsCublasDoes) {
  const Cublas blas = stand_in_cublas();
  cublasHandle_t handle = nullptr;
  blas.create(&handle);
  blas.set_stream(handle, stream);
  blas.set_workspace(handle, fresh(64), 256);
  constexpr std::size_t rows = 3, columns = 4, terms = 5, leading = 7;
  std::vector<float> left(leading * 7);
  std::vector<float> right(leading * 7);
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = static_cast<float>(i % 11) - 5;
    right[i] = static_cast<float>(i % 13) - 6;
  }
  for (const bool left_transposed : {false, true})
    for (const bool right_transposed : {false, true})
      for (const float beta : {0.0f, 2.0f}) {
        std::vector<float> expected(leading * columns, 3);
        for (std::size_t row = 0; row < rows; ++row)
          for (std::size_t column = 0; column < columns; ++column) {
            float sum = 0;
            for (std::size_t term = 0; term < terms; ++term)
              sum += left[left_transposed ? row * leading + term : term * leading + row] *
                     right[right_transposed ? term * leading + column : column * leading + term];
            expected[column * leading + row] = 0.5f * sum + beta * 3;
          }
        // Where beta is 0 it must not matter what was there.
        std::vector<float> before(leading * columns, 3);
        if (beta == 0)
          for (std::size_t column = 0; column < columns; ++column)
            for (std::size_t row = 0; row < rows; ++row)
              before[column * leading + row] = std::nanf("");
        float* const product = memory(before);
        const float alpha = 0.5f;
        EXPECT_EQ(
            blas.sgemm(handle, left_transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                       right_transposed ? CUBLAS_OP_T : CUBLAS_OP_N, rows, columns, terms, &alpha,
                       memory(left), leading, memory(right), leading, &beta, product, leading),
            CUBLAS_STATUS_SUCCESS);
        EXPECT_EQ(values(product, expected.size()), expected);
      }
  blas.destroy(handle);
}

// With padding, strides and dilation, of which the engine uses none: each gradient is the sum of
// what its products in the outputs say, which is checked through the outputs' formula alone.
TEST(StandInArithmetic, OfConvolutionsFollowsTheirDescriptors) {
  const ConvolutionSizes sizes{{2, 2, 7, 6},
                               {3, 2, 3, 2},
                               {2, 3, 4, 3},
                               {.set = true,
                                .padding = {2, 1},
                                .stride = {2, 3},
                                .dilation = {2, 1},
                                .math = CUDNN_FMA_MATH}};
  const auto pattern = [](std::size_t size, std::size_t period) {
    std::vector<float> made;
    for (std::size_t i = 0; i < size; ++i) made.push_back(static_cast<float>(i % period) - 3);
    return made;
  };
  const std::vector<float> input = pattern(sizes.input.count(), 7);
  const std::vector<float> filter = pattern(sizes.filter.count(), 5);
  const std::vector<float> grad_output = pattern(sizes.output.count(), 11);
  std::vector<float> output(sizes.output.count());
  std::vector<float> grad_input(input.size());
  std::vector<float> grad_filter(filter.size());
  for (int n = 0; n < 2; ++n)
    for (int k = 0; k < 3; ++k)
      for (int row = 0; row < 4; ++row)
        for (int column = 0; column < 3; ++column)
          for (int c = 0; c < 2; ++c)
            for (int y = 0; y < 3; ++y)
              for (int x = 0; x < 2; ++x) {
                const int from_row = row * 2 + y * 2 - 2;
                const int from_column = column * 3 + x - 1;
                if (from_row < 0 || from_row >= 7 || from_column < 0 || from_column >= 6) continue;
                const auto in =
                    static_cast<std::size_t>(((n * 2 + c) * 7 + from_row) * 6 + from_column);
                const auto out = static_cast<std::size_t>(((n * 3 + k) * 4 + row) * 3 + column);
                const auto weight = static_cast<std::size_t>(((k * 2 + c) * 3 + y) * 2 + x);
                output[out] += input[in] * filter[weight];
                grad_input[in] += grad_output[out] * filter[weight];
                grad_filter[weight] += grad_output[out] * input[in];
              }
  EXPECT_EQ(outputs(sizes, input.data(), filter.data()), output);
  EXPECT_EQ(input_gradients(sizes, filter.data(), grad_output.data()), grad_input);
  EXPECT_EQ(filter_gradients(sizes, input.data(), grad_output.data()), grad_filter);
}

TEST(StandInArithmetic, RoundsFactorsToTf32) {
  const std::vector<float> exact{1, 1 + 0x1p-10f, 1 + 0x1p-11f, 1 + 0x1p-12f, -3 - 0x1p-10f};
  EXPECT_EQ(factors(exact.data(), exact.size(), Precision::fp32), exact);
  EXPECT_THAT(factors(exact.data(), exact.size(), Precision::tf32),
              ElementsAre(1, 1 + 0x1p-10f, 1 + 0x1p-10f, 1, -3 - 0x1p-9f));
}

}  // namespace
}  // namespace mnist::cuda
