// What a layer of the CPU engine is: its arithmetic and its memory for one batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/shape.hpp"
#include "cpu/buffer.hpp"
#include "network/execution_order.hpp"
#include "network/network.hpp"

namespace mnist::cpu {

// The images of a batch that one member of the team works on.
struct Share {
  std::size_t first = 0;
  std::size_t count = 0;
};

class Team;

// Everything a layer is built from. In inference members work on as many batches as they have, so
// only in training may a layer have them meet. Activations of a batch lie image by image, each in
// row, column, channel order (NHWC); what is pointed to outlives the layer.
struct Wiring {
  PlannedLayer planned;
  std::size_t index = 0;  // in the network
  Mode mode = Mode::inference;
  std::size_t batch_size = 0;
  std::vector<Share> shares;          // one a member; they cover the batch
  Team* team = nullptr;               // whose members call the layer
  const float* input = nullptr;       // batch_size x planned.input
  float* grad_input = nullptr;        // likewise; null where nobody needs it
  const float* parameters = nullptr;  // the whole network's, in the plan's order
  float* gradients = nullptr;         // likewise; null in inference
  std::uint64_t seed = 0;             // of dropout masks
};

// The verbs are called by every member of the team for itself, in this order within a step. All
// shapes and addresses are fixed when a layer is built, and no verb takes memory for data.
class Layer {
 public:
  explicit Layer(Wiring wiring)
      : wiring_(std::move(wiring)),
        output_(wiring_.batch_size * wiring_.planned.output.size()),
        grad_output_(wiring_.mode == Mode::training ? output_.size() : 0) {}
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // The parameters have changed.
  virtual void take_parameters(int /*member*/) {}

  // Makes the outputs of the member's share. `step` counts from 0, and picks dropout masks.
  virtual void forward(int member, std::uint32_t step) = 0;

  // From grad_output() of the member's share to the gradient of its inputs, which it overwrites.
  virtual void backward(int member) = 0;

  // After backward() of all members: writes the member's part of the parameters' gradients, summed
  // over the whole batch in a fixed order.
  virtual void sum_gradients(int /*member*/) {}

  // The parts of the parameters whose gradients sum_gradients(member) writes; together they are the
  // layer's parameters, each once.
  virtual std::vector<ParameterRange> parts(int /*member*/) const { return {}; }

  const Wiring& wiring() const { return wiring_; }
  float* output() { return output_.data(); }
  const float* output() const { return output_.data(); }
  float* grad_output() { return grad_output_.data(); }
  const float* grad_output() const { return grad_output_.data(); }

 protected:
  const Share& share(int member) const { return wiring_.shares[static_cast<std::size_t>(member)]; }

 private:
  const Wiring wiring_;
  Buffer<float> output_;
  Buffer<float> grad_output_;
};

// One function a file, conv2d.cpp and so on.
std::unique_ptr<Layer> make_conv2d(Wiring wiring);
std::unique_ptr<Layer> make_relu(Wiring wiring);
std::unique_ptr<Layer> make_max_pool(Wiring wiring);
std::unique_ptr<Layer> make_dropout(Wiring wiring);
std::unique_ptr<Layer> make_linear(Wiring wiring);

// The member's part when `size` things are divided evenly among `members`.
constexpr ParameterRange part_of(std::size_t size, std::size_t member, std::size_t members) {
  const std::size_t first = size * member / members;
  return {first, size * (member + 1) / members - first};
}

// Copies `images` images from one order of their values to the other. Networks are specified in
// channel, row, column order; the two are the same where an image has one channel or one pixel.
void rows_to_channels(const Shape& shape, std::size_t images, const float* nhwc, float* nchw);
void channels_to_rows(const Shape& shape, std::size_t images, const float* nchw, float* nhwc);
constexpr bool order_matters(const Shape& shape) {
  return shape.channels > 1 && shape.height * shape.width > 1;
}

}  // namespace mnist::cpu
