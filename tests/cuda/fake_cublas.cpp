// Stands in for cuBLAS.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "cuda/answer.hpp"
#include "cuda/arithmetic.hpp"

namespace mnist::cuda {
namespace {

cublasStatus_t create(cublasHandle_t* handle) {
  return answer<cublasStatus_t>("cublasCreate", [=](Machine& here) {
    here.streams.refuse_while_capturing("starting cuBLAS");
    CublasHandle made;
    made.gpu = here.current_gpu();
    *handle = here.cublas.add(made);
  });
}
cublasStatus_t destroy(cublasHandle_t handle) {
  return answer<cublasStatus_t>(
      "cublasDestroy", [=](Machine& here) { here.cublas.destroy(handle); },
      IfFailing::do_it_all_the_same);
}
cublasStatus_t get_property(libraryPropertyType kind, int* value) {
  return answer<cublasStatus_t>("cublasGetProperty", [=](Machine&) {
    *value = kind == MAJOR_VERSION ? CUBLAS_VER_MAJOR : kind == MINOR_VERSION ? 1 : 2;
  });
}
const char* status_name(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    default:
      return "a status that the stand-in has no name for";
  }
}
cublasStatus_t set_stream(cublasHandle_t handle, cudaStream_t stream) {
  return answer<cublasStatus_t>("cublasSetStream", [=](Machine& here) {
    CublasHandle& cublas = here.cublas.at(handle);
    require(here.streams.streams.at(stream).gpu == cublas.gpu, cudaErrorInvalidValue,
            "a stream of another GPU than the handle's");
    cublas.stream = stream;
    cublas.workspace = nullptr;  // as cuBLAS does
    cublas.workspace_bytes = 0;
  });
}
cublasStatus_t set_workspace(cublasHandle_t handle, void* memory, std::size_t bytes) {
  return answer<cublasStatus_t>("cublasSetWorkspace", [=](Machine& here) {
    CublasHandle& cublas = here.cublas.at(handle);
    here.memory.require_allocated(cublas.gpu, memory, bytes, "the workspace");
    require(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0, cudaErrorInvalidValue,
            "a workspace that is not aligned to 256 bytes");
    cublas.workspace = memory;
    cublas.workspace_bytes = bytes;
  });
}
cublasStatus_t set_math_mode(cublasHandle_t handle, cublasMath_t math) {
  return answer<cublasStatus_t>("cublasSetMathMode",
                                [=](Machine& here) { here.cublas.at(handle).math = math; });
}

// A matrix, column by column, as it lies in memory.
struct Matrix {
  const char* name = "";
  const float* values = nullptr;
  int leading_dimension = 0;
  bool transposed = false;
  int rows = 0;  // of the operand, after transposing; likewise the columns
  int columns = 0;

  Operand operand() const {
    const int lines = transposed ? columns : rows;
    const auto others = static_cast<std::size_t>(transposed ? rows : columns);
    require(leading_dimension >= std::max(1, lines), cudaErrorInvalidValue,
            std::string(name) + ": the leading dimension is too small");
    const std::size_t size = (others - 1) * static_cast<std::size_t>(leading_dimension) +
                             static_cast<std::size_t>(lines);
    return {values, size * sizeof(float), name};
  }
  std::size_t index(std::size_t row, std::size_t column) const {
    const auto leading = static_cast<std::size_t>(leading_dimension);
    return transposed ? row * leading + column : column * leading + row;
  }
  // Row after row of each column, without gaps.
  std::vector<float> packed(Precision precision) const {
    std::vector<float> all;
    for (std::size_t column = 0; column < static_cast<std::size_t>(columns); ++column)
      for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row)
        all.push_back(values[index(row, column)]);
    return factors(all.data(), all.size(), precision);
  }
};

void multiply(const Matrix& left, const Matrix& right, const Blend& blend, Precision precision,
              float* product, std::size_t leading_dimension) {
  const auto rows = static_cast<std::size_t>(left.rows);
  const auto terms = static_cast<std::size_t>(left.columns);
  const std::vector<float> a = left.packed(precision);
  const std::vector<float> b = right.packed(precision);
  for (std::size_t column = 0; column < static_cast<std::size_t>(right.columns); ++column) {
    std::vector<float> sums(rows);
    for (std::size_t term = 0; term < terms; ++term)
      add(b[column * terms + term], &a[term * rows], rows, sums.data());
    blend.store(sums, product + column * leading_dimension);
  }
}

cublasStatus_t sgemm(cublasHandle_t handle, cublasOperation_t left_operation,
                     cublasOperation_t right_operation, int rows, int columns, int terms,
                     const float* alpha, const float* a, int left_leading, const float* b,
                     int right_leading, const float* beta, float* c, int leading) {
  return answer<cublasStatus_t>("cublasSgemm", [=](Machine& here) {
    const CublasHandle& cublas = here.cublas.at(handle);
    require(cublas.workspace != nullptr, cudaErrorInvalidResourceHandle,
            "a handle that would work in memory that is not its own");
    require(cublas.math == CUBLAS_DEFAULT_MATH || here.precision == Precision::tf32,
            cudaErrorNotSupported, "a product in less than FP32");
    require(rows > 0 && columns > 0 && terms > 0, cudaErrorInvalidValue, "sizes below 1");
    require(alpha && beta, cudaErrorInvalidValue, "no factors");
    const Matrix left{"left matrix", a, left_leading, left_operation != CUBLAS_OP_N, rows, terms};
    const Matrix right{"right matrix", b,      right_leading, right_operation != CUBLAS_OP_N,
                       terms,          columns};
    const Matrix product{"product", c, leading, false, rows, columns};
    const Blend blend{*alpha, *beta};
    const Precision precision =
        cublas.math == CUBLAS_TF32_TENSOR_OP_MATH ? Precision::tf32 : Precision::fp32;
    void* const workspace = cublas.workspace;
    const std::size_t worked_in = std::min<std::size_t>(cublas.workspace_bytes, 4096);
    Work work;
    work.name = "sgemm_" + std::to_string(rows) + "x" + std::to_string(columns) + "x" +
                std::to_string(terms);
    work.operands = {left.operand(),
                     right.operand(),
                     product.operand(),
                     {workspace, cublas.workspace_bytes, "the workspace"}};
    const std::size_t additions = static_cast<std::size_t>(rows) *
                                  static_cast<std::size_t>(columns) *
                                  static_cast<std::size_t>(terms);
    work.run = [=, undone = additions > here.largest_product] {
      std::memset(workspace, DeviceMemory::poison, worked_in);
      if (undone) return;
      multiply(left, right, blend, precision, c, static_cast<std::size_t>(leading));
    };
    here.submit(cublas.stream, std::move(work));
  });
}

}  // namespace

Cublas stand_in_cublas() {
  return {.create = create,
          .destroy = destroy,
          .get_property = get_property,
          .status_name = status_name,
          .set_stream = set_stream,
          .set_workspace = set_workspace,
          .set_math_mode = set_math_mode,
          .sgemm = sgemm};
}

}  // namespace mnist::cuda
