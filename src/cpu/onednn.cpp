#include "cpu/onednn.hpp"

#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
// Declared here since not every compiler brings the omp.h of the runtime that oneDNN is linked
// with.
extern "C" void omp_set_num_threads(int threads);
#endif

namespace mnist::cpu {
namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

[[noreturn]] void fail(const std::string& doing, const std::string& found) {
  throw Error(ExitCode::failed, "oneDNN could not " + doing + ": " + found,
              "report it with the output of --version and the processor's name");
}

// The library's descriptors, in one form for its versions 2 (operation descriptors, then primitive
// descriptors) and 3 (primitive descriptors alone).
struct ConvolutionLayouts {
  memory::desc source;
  memory::desc weights;
  memory::desc bias;
  memory::desc destination;
};

constexpr auto direct = dnnl::algorithm::convolution_direct;
const memory::dims strides{1, 1};
const memory::dims padding{0, 0};

using Forward = dnnl::convolution_forward::primitive_desc;
using BackwardInput = dnnl::convolution_backward_data::primitive_desc;
using BackwardWeights = dnnl::convolution_backward_weights::primitive_desc;

#if DNNL_VERSION_MAJOR >= 3
Forward describe_forward(const dnnl::engine& engine, const ConvolutionLayouts& layouts,
                         const dnnl::primitive_attr& attributes) {
  return {engine,
          dnnl::prop_kind::forward_training,
          direct,
          layouts.source,
          layouts.weights,
          layouts.bias,
          layouts.destination,
          strides,
          padding,
          padding,
          attributes};
}
BackwardInput describe_backward_input(const dnnl::engine& engine, const ConvolutionLayouts& layouts,
                                      const Forward& hint, const dnnl::primitive_attr& attributes) {
  return {engine,  direct,  layouts.source, layouts.weights, layouts.destination, strides,
          padding, padding, hint,           attributes};
}
BackwardWeights describe_backward_weights(const dnnl::engine& engine,
                                          const ConvolutionLayouts& layouts, const Forward& hint,
                                          const dnnl::primitive_attr& attributes) {
  return {
      engine,  direct,  layouts.source, layouts.weights, layouts.bias, layouts.destination, strides,
      padding, padding, hint,           attributes};
}
#else
Forward describe_forward(const dnnl::engine& engine, const ConvolutionLayouts& layouts,
                         const dnnl::primitive_attr& attributes) {
  return {{dnnl::prop_kind::forward_training, direct, layouts.source, layouts.weights, layouts.bias,
           layouts.destination, strides, padding, padding},
          attributes,
          engine};
}
BackwardInput describe_backward_input(const dnnl::engine& engine, const ConvolutionLayouts& layouts,
                                      const Forward& hint, const dnnl::primitive_attr& attributes) {
  return {{direct, layouts.source, layouts.weights, layouts.destination, strides, padding, padding},
          attributes,
          engine,
          hint};
}
BackwardWeights describe_backward_weights(const dnnl::engine& engine,
                                          const ConvolutionLayouts& layouts, const Forward& hint,
                                          const dnnl::primitive_attr& attributes) {
  return {{direct, layouts.source, layouts.weights, layouts.bias, layouts.destination, strides,
           padding, padding},
          attributes,
          engine,
          hint};
}
#endif

bool is_reference(const char* implementation) {
  return std::string_view(implementation).starts_with("ref");
}

memory::desc describe(const memory::dims& dims, memory::format_tag tag) {
  return {dims, memory::data_type::f32, tag};
}

// A primitive with the memory it works in.
struct Ready {
  dnnl::primitive primitive;
  memory scratchpad;

  template <class Description>
  explicit Ready(const Description& description)
      : primitive(description),
        scratchpad(description.scratchpad_desc(), description.get_engine()) {}
};

// oneDNN takes no const pointers; it does not write to its inputs.
void* writable(const float* values) { return const_cast<float*>(values); }

}  // namespace

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

std::string instruction_set() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2 with VNNI";
    default:
      break;
  }
#if defined(__x86_64__)
  return "AVX-512";  // in one of the many forms that oneDNN tells apart
#else
  return "native";
#endif
}

void set_library_threads([[maybe_unused]] int threads) {
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  omp_set_num_threads(threads);
#endif
}

void multiply(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t inner, const Matrix& left,
              const Matrix& right, Accumulate accumulate, float* result,
              std::ptrdiff_t result_row_stride) {
  const auto letter = [](const Matrix& matrix) {
    return matrix.transpose == Transpose::yes ? 'T' : 'N';
  };
  const dnnl_status_t status =
      dnnl_sgemm(letter(left), letter(right), rows, columns, inner, 1.0f, left.values,
                 left.row_stride, right.values, right.row_stride,
                 accumulate == Accumulate::yes ? 1.0f : 0.0f, result, result_row_stride);
  if (status != dnnl_success) fail("multiply matrices", "status " + std::to_string(status));
}

struct Convolution::Primitives {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  memory::desc plain_weights;
  Forward forward_description;
  Ready forward;
  memory forward_weights;
  dnnl::reorder to_forward_weights;
  std::unique_ptr<BackwardInput> backward_input_description;
  std::unique_ptr<Ready> backward_input;
  memory backward_input_weights;
  dnnl::reorder to_backward_input_weights;
  std::unique_ptr<BackwardWeights> backward_weights_description;
  std::unique_ptr<Ready> backward_weights;
  memory grad_weights;
  dnnl::reorder from_grad_weights;

  Primitives(const ConvolutionShape& shape, int images, Gradients gradients)
      : plain_weights(describe({shape.filters, shape.input.channels, shape.kernel, shape.kernel},
                               memory::format_tag::oihw)),
        forward_description(choose_forward(shape, images)),
        forward(forward_description),
        forward_weights(forward_description.weights_desc(), engine),
        to_forward_weights(reorder(plain_weights, forward_weights.get_desc())) {
    // The gradients share the activations' layouts, and choose the weights' anew.
    ConvolutionLayouts layouts = layouts_of(shape, forward_description);
    if (gradients != Gradients::none) {
      backward_weights_description = std::make_unique<BackwardWeights>(
          describe_backward_weights(engine, layouts, forward_description, user_scratchpad()));
      backward_weights = std::make_unique<Ready>(*backward_weights_description);
      grad_weights = memory(backward_weights_description->diff_weights_desc(), engine);
      from_grad_weights = reorder(grad_weights.get_desc(), plain_weights);
    }
    if (gradients == Gradients::weights_and_input) {
      backward_input_description = std::make_unique<BackwardInput>(
          describe_backward_input(engine, layouts, forward_description, user_scratchpad()));
      backward_input = std::make_unique<Ready>(*backward_input_description);
      backward_input_weights = memory(backward_input_description->weights_desc(), engine);
      to_backward_input_weights = reorder(plain_weights, backward_input_weights.get_desc());
    }
  }

  // By default the library shares one scratchpad among all primitives of a thread; one each can be
  // made on one thread and run on another.
  static dnnl::primitive_attr user_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
  }

  // Activations are NHWC: one layout for every layer and instruction set, and oneDNN's kernels for
  // it are as fast as for its own blocked ones, but for a single input channel. For that its best
  // kernels want blocks of 16 channels, and with 16 filters that is NHWC by another name.
  Forward choose_forward(const ConvolutionShape& shape, int images) const {
    using tag = memory::format_tag;
    const Shape output = shape.output();
    const auto with = [&](tag source, tag destination) {
      return describe_forward(
          engine,
          {describe({images, shape.input.channels, shape.input.height, shape.input.width}, source),
           describe({shape.filters, shape.input.channels, shape.kernel, shape.kernel}, tag::any),
           describe({shape.filters}, tag::x),
           describe({images, output.channels, output.height, output.width}, destination)},
          user_scratchpad());
    };
    if (shape.input.channels == 1 && shape.filters == 16) {
      Forward blocked = with(tag::nchw, tag::nChw16c);
      if (!is_reference(blocked.impl_info_str())) return blocked;
    }
    return with(tag::nhwc, tag::nhwc);
  }

  static ConvolutionLayouts layouts_of(const ConvolutionShape& shape, const Forward& forward) {
    return {forward.src_desc(),
            describe({shape.filters, shape.input.channels, shape.kernel, shape.kernel},
                     memory::format_tag::any),
            describe({shape.filters}, memory::format_tag::x), forward.dst_desc()};
  }

  memory wrap(const memory::desc& layout, const float* values) const {
    return {layout, engine, writable(values)};
  }

  dnnl::reorder reorder(const memory::desc& from, const memory::desc& to) const {
    return dnnl::reorder(dnnl::reorder::primitive_desc(engine, from, engine, to));
  }

  void copy(const dnnl::reorder& reorder, const memory& from, const memory& to) {
    execute(reorder, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  }

  void run(const Ready& ready, Arguments arguments) {
    arguments.emplace(DNNL_ARG_SCRATCHPAD, ready.scratchpad);
    execute(ready.primitive, arguments);
  }

  void execute(const dnnl::primitive& primitive, const Arguments& arguments) {
    try {
      primitive.execute(stream, arguments);
      stream.wait();
    } catch (const dnnl::error& error) {
      fail("run a convolution", error.what());
    }
  }
};

Convolution::Convolution(const ConvolutionShape& shape, int images, Gradients gradients) try
    : primitives_(std::make_unique<Primitives>(shape, images, gradients)) {
} catch (const dnnl::error& error) {
  fail("build a convolution of " + std::to_string(shape.filters) + " filters on " +
           to_string(shape.input),
       error.what());
}

Convolution::~Convolution() = default;
Convolution::Convolution(Convolution&&) noexcept = default;

void Convolution::set_weights(const float* weights) {
  Primitives& p = *primitives_;
  const memory plain = p.wrap(p.plain_weights, weights);
  p.copy(p.to_forward_weights, plain, p.forward_weights);
  if (p.backward_input) p.copy(p.to_backward_input_weights, plain, p.backward_input_weights);
}

void Convolution::forward(const float* input, const float* bias, float* output) {
  Primitives& p = *primitives_;
  p.run(p.forward, {{DNNL_ARG_SRC, p.wrap(p.forward_description.src_desc(), input)},
                    {DNNL_ARG_WEIGHTS, p.forward_weights},
                    {DNNL_ARG_BIAS, p.wrap(p.forward_description.bias_desc(), bias)},
                    {DNNL_ARG_DST, p.wrap(p.forward_description.dst_desc(), output)}});
}

void Convolution::backward_input(const float* grad_output, float* grad_input) {
  Primitives& p = *primitives_;
  const BackwardInput& description = *p.backward_input_description;
  p.run(*p.backward_input, {{DNNL_ARG_DIFF_DST, p.wrap(description.diff_dst_desc(), grad_output)},
                            {DNNL_ARG_WEIGHTS, p.backward_input_weights},
                            {DNNL_ARG_DIFF_SRC, p.wrap(description.diff_src_desc(), grad_input)}});
}

void Convolution::backward_weights(const float* input, const float* grad_output,
                                   float* grad_weights, float* grad_bias) {
  Primitives& p = *primitives_;
  const BackwardWeights& description = *p.backward_weights_description;
  p.run(*p.backward_weights,
        {{DNNL_ARG_SRC, p.wrap(description.src_desc(), input)},
         {DNNL_ARG_DIFF_DST, p.wrap(description.diff_dst_desc(), grad_output)},
         {DNNL_ARG_DIFF_WEIGHTS, p.grad_weights},
         {DNNL_ARG_DIFF_BIAS, p.wrap(description.diff_bias_desc(), grad_bias)}});
  p.copy(p.from_grad_weights, p.grad_weights, p.wrap(p.plain_weights, grad_weights));
}

}  // namespace mnist::cpu
