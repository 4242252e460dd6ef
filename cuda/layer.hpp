// What a layer of the CUDA engine is: its calls and its memory for one batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cuda/context.hpp"
#include "cuda/kernels.hpp"
#include "network/execution_order.hpp"

namespace mnist::cuda {

// Everything a layer is built from. Activations of a batch lie image by image, each in channel,
// row, column order (NCHW); what is pointed to is device memory and outlives the layer.
struct Wiring {
  PlannedLayer planned;
  std::size_t index = 0;  // in the network
  Mode mode = Mode::inference;
  int batch_size = 0;
  const Context* context = nullptr;   // outlives the layer
  const float* input = nullptr;       // batch_size x planned.input
  float* grad_input = nullptr;        // likewise; null where nobody needs it
  const float* parameters = nullptr;  // the whole network's, in the plan's order
  float* gradients = nullptr;         // likewise; null in inference
  std::uint64_t seed = 0;             // of dropout masks
  const Progress* progress = nullptr;
};

// Both verbs queue work on the context's stream and return; all shapes, addresses and memory are
// settled when a layer is built, so that the work can be recorded.
class Layer {
 public:
  explicit Layer(const Wiring& wiring)
      : wiring_(wiring),
        output_(context().allocate<float>(output_size(), "a layer's outputs")),
        grad_output_(context().allocate<float>(training() ? output_size() : 0,
                                               "the gradients of a layer's outputs")) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  virtual void forward() = 0;

  // From grad_output() to the gradients of the inputs, where somebody needs them, and of the
  // parameters; it overwrites both.
  virtual void backward() = 0;

  const Wiring& wiring() const { return wiring_; }
  float* output() const { return output_.data(); }
  float* grad_output() const { return grad_output_.data(); }

 protected:
  const Context& context() const { return *wiring_.context; }
  const PlannedLayer& planned() const { return wiring_.planned; }
  // Of the whole batch.
  std::size_t output_size() const {
    return static_cast<std::size_t>(wiring_.batch_size) * planned().output.size();
  }
  bool training() const { return wiring_.mode == Mode::training; }
  const float* weights() const { return wiring_.parameters + planned().weights.offset; }
  const float* bias() const { return wiring_.parameters + planned().bias.offset; }
  float* grad_weights() const { return wiring_.gradients + planned().weights.offset; }
  float* grad_bias() const { return wiring_.gradients + planned().bias.offset; }

 private:
  const Wiring wiring_;
  DeviceArray<float> output_;
  DeviceArray<float> grad_output_;
};

// One function a file, conv2d.cpp and so on.
std::unique_ptr<Layer> make_conv2d(const Wiring& wiring);
std::unique_ptr<Layer> make_relu(const Wiring& wiring);
std::unique_ptr<Layer> make_max_pool(const Wiring& wiring);
std::unique_ptr<Layer> make_dropout(const Wiring& wiring);
std::unique_ptr<Layer> make_linear(const Wiring& wiring);

}  // namespace mnist::cuda
