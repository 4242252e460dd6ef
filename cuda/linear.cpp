#include "cuda/bias.hpp"
#include "cuda/layer.hpp"

namespace mnist::cuda {
namespace {

// cuBLAS reads matrices column by column, so that one of ours (row by row) is to it the transpose:
// output = input * weights becomes output' = weights' * input'.
class LinearLayer final : public Layer {
 public:
  explicit LinearLayer(const Wiring& wiring)
      : Layer(wiring),
        inputs_(static_cast<int>(planned().input.size())),
        units_(static_cast<int>(planned().output.size())),
        bias_(context(), wiring.batch_size, planned().output) {}

  void forward() override {
    multiply({units_, wiring().batch_size, inputs_}, {weights(), units_, CUBLAS_OP_N},
             {wiring().input, inputs_, CUBLAS_OP_N}, output(), "a dense layer's outputs");
    bias_.add(bias(), output());
  }

  void backward() override {
    multiply({units_, inputs_, wiring().batch_size}, {grad_output(), units_, CUBLAS_OP_N},
             {wiring().input, inputs_, CUBLAS_OP_T}, grad_weights(),
             "the gradients of a dense layer's weights");
    bias_.differentiate(grad_output(), grad_bias());
    if (wiring().grad_input)
      multiply({inputs_, wiring().batch_size, units_}, {weights(), units_, CUBLAS_OP_T},
               {grad_output(), units_, CUBLAS_OP_N}, wiring().grad_input,
               "the gradients of a dense layer's inputs");
  }

 private:
  // product (rows x columns) = left (rows x terms) * right (terms x columns), in cuBLAS's view.
  struct ProductShape {
    int rows = 0;
    int columns = 0;
    int terms = 0;
  };
  struct Matrix {
    const float* values = nullptr;
    int leading_dimension = 0;  // of the matrix in memory, before the operation
    cublasOperation_t operation = CUBLAS_OP_N;
  };

  void multiply(const ProductShape& shape, const Matrix& left, const Matrix& right, float* product,
                const char* what) const {
    const Cublas& cublas = context().cublas();
    check(cublas,
          cublas.sgemm(context().cublas_handle(), left.operation, right.operation, shape.rows,
                       shape.columns, shape.terms, &one, left.values, left.leading_dimension,
                       right.values, right.leading_dimension, &zero, product, shape.rows),
          std::string("multiplying for ") + what);
  }

  const int inputs_;
  const int units_;
  const Bias bias_;
};

}  // namespace

std::unique_ptr<Layer> make_linear(const Wiring& wiring) {
  return std::make_unique<LinearLayer>(wiring);
}

}  // namespace mnist::cuda
