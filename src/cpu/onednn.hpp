// What this program uses of oneDNN. onednn.cpp is the one file that includes the library and that
// knows how its versions 2 and 3 differ.
#pragma once

#include <memory>
#include <string>

#include "base/shape.hpp"

namespace mnist::cpu {

std::string onednn_version();  // "oneDNN 2.6.3"

// The instruction set that oneDNN generates code for on this processor: "AVX2", "AVX-512", ...
std::string instruction_set();

// How many threads oneDNN divides its work among where the calling thread calls it.
void set_library_threads(int threads);

enum class Transpose { no, yes };

// A matrix in row-major order; with Transpose::yes it stands for its transpose.
struct Matrix {
  const float* values;
  std::ptrdiff_t row_stride;  // in floats
  Transpose transpose = Transpose::no;
};

// Whether a product is added to what the result holds, or written over it.
enum class Accumulate { no, yes };

// result[rows][columns] = left[rows][inner] * right[inner][columns]. Result and factors may not
// overlap.
void multiply(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t inner, const Matrix& left,
              const Matrix& right, Accumulate accumulate, float* result,
              std::ptrdiff_t result_row_stride);

struct ConvolutionShape {
  Shape input;
  int filters;
  int kernel;  // square, stride 1, no padding

  Shape output() const { return {filters, input.height - kernel + 1, input.width - kernel + 1}; }
};

// Which directions a convolution is built for.
enum class Gradients { none, weights, weights_and_input };

// One convolution of a fixed number of images on one thread. Activations are in image, row, column,
// channel order (NHWC), weights and their gradients in filter, channel, row, column order. Not for
// use by two threads at once.
class Convolution {
 public:
  // Throws Error(failed) where oneDNN cannot do it.
  Convolution(const ConvolutionShape& shape, int images, Gradients gradients);
  ~Convolution();
  Convolution(Convolution&&) noexcept;

  // Takes the weights over into the layouts that oneDNN prefers.
  void set_weights(const float* weights);

  // `bias` has one value a filter.
  void forward(const float* input, const float* bias, float* output);
  void backward_input(const float* grad_output, float* grad_input);
  // Gradients are overwritten, not added to.
  void backward_weights(const float* input, const float* grad_output, float* grad_weights,
                        float* grad_bias);

 private:
  struct Primitives;
  std::unique_ptr<Primitives> primitives_;
};

}  // namespace mnist::cpu
