#include <algorithm>

#include "cpu/layer.hpp"
#include "cpu/onednn.hpp"
#include "cpu/team.hpp"
#include "cpu/vectorized.hpp"

namespace mnist::cpu {
namespace {

MNIST_LOOP void add(const float* values, std::size_t count, float* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += values[i];
}

// The weights' gradient is divided among the members by inputs and not by images, so that no member
// needs a copy of it: 1.5 MB for the first layer of `mlp`. There training divides the product by
// inputs too: each member then reads and writes only its own weights, and what passes between the
// caches is the outputs, where those are smaller. A layer that passes gradients on needs all
// weights in any case, and is divided by images.
class LinearLayer final : public Layer {
 public:
  explicit LinearLayer(Wiring wiring)
      : Layer(std::move(wiring)), inputs_(planned().input.size()), units_(planned().output.size()) {
    const std::size_t members = this->wiring().shares.size();
    if (this->wiring().mode == Mode::training && !this->wiring().grad_input && members > 1 &&
        members * this->wiring().batch_size < inputs_)
      for (std::size_t member = 0; member < members; ++member)
        products_.emplace_back(this->wiring().batch_size * units_);
    if (!order_matters(planned().input)) return;
    flat_input_ = Buffer<float>(this->wiring().batch_size * inputs_);
    if (this->wiring().grad_input) flat_grad_input_ = Buffer<float>(flat_input_.size());
  }

  void forward(int member, std::uint32_t) override {
    const Share its = share(member);
    if (flat_input_.size())
      rows_to_channels(planned().input, its.count, wiring().input + its.first * inputs_,
                       flat_input_.data() + its.first * inputs_);
    if (!products_.empty()) {
      forward_by_inputs(member);
    } else if (its.count > 0) {
      spread_bias(its);
      multiply(signed_(its.count), signed_(units_), signed_(inputs_),
               {input() + its.first * inputs_, signed_(inputs_)}, {weights(), signed_(units_)},
               Accumulate::yes, output() + its.first * units_, signed_(units_));
    }
  }

  void backward(int member) override {
    const Share its = share(member);
    if (its.count == 0 || !wiring().grad_input) return;
    float* grad_input = (flat_grad_input_.size() ? flat_grad_input_.data() : wiring().grad_input) +
                        its.first * inputs_;
    multiply(signed_(its.count), signed_(inputs_), signed_(units_),
             {grad_output() + its.first * units_, signed_(units_)},
             {weights(), signed_(units_), Transpose::yes}, Accumulate::no, grad_input,
             signed_(inputs_));
    if (flat_grad_input_.size())
      channels_to_rows(planned().input, its.count, grad_input,
                       wiring().grad_input + its.first * inputs_);
  }

  void sum_gradients(int member) override {
    const ParameterRange rows = rows_of(member);
    if (rows.size)
      multiply(signed_(rows.size), signed_(units_), signed_(wiring().batch_size),
               {input() + rows.offset, signed_(inputs_), Transpose::yes},
               {grad_output(), signed_(units_)}, Accumulate::no,
               wiring().gradients + planned().weights.offset + rows.offset * units_,
               signed_(units_));
    const ParameterRange biases = biases_of(member);
    float* sums = wiring().gradients + planned().bias.offset + biases.offset;
    std::fill_n(sums, biases.size, 0.0f);
    for (std::size_t image = 0; image < wiring().batch_size; ++image)
      for (std::size_t i = 0; i < biases.size; ++i)
        sums[i] += grad_output()[image * units_ + biases.offset + i];
  }

  std::vector<ParameterRange> parts(int member) const override {
    const ParameterRange rows = rows_of(member);
    const ParameterRange biases = biases_of(member);
    return {{planned().weights.offset + rows.offset * units_, rows.size * units_},
            {planned().bias.offset + biases.offset, biases.size}};
  }

 private:
  static std::ptrdiff_t signed_(std::size_t size) { return static_cast<std::ptrdiff_t>(size); }
  const PlannedLayer& planned() const { return wiring().planned; }
  const float* weights() const { return wiring().parameters + planned().weights.offset; }
  const float* bias() const { return wiring().parameters + planned().bias.offset; }
  // batch_size x inputs, in channel, row, column order.
  const float* input() const { return flat_input_.size() ? flat_input_.data() : wiring().input; }
  ParameterRange rows_of(int member) const {
    return part_of(inputs_, static_cast<std::size_t>(member), wiring().shares.size());
  }
  ParameterRange biases_of(int member) const {
    return part_of(units_, static_cast<std::size_t>(member), wiring().shares.size());
  }

  void spread_bias(const Share& images) {
    for (std::size_t image = images.first; image < images.first + images.count; ++image)
      std::copy_n(bias(), units_, output() + image * units_);
  }

  // Each member multiplies its own inputs of all images, then sums the products of its own images
  // in the order of the members.
  void forward_by_inputs(int member) {
    Team& team = *wiring().team;
    const ParameterRange rows = rows_of(member);
    team.meet();  // the inputs of the others' images
    multiply(signed_(wiring().batch_size), signed_(units_), signed_(rows.size),
             {input() + rows.offset, signed_(inputs_)},
             {weights() + rows.offset * units_, signed_(units_)}, Accumulate::no,
             products_[static_cast<std::size_t>(member)].data(), signed_(units_));
    team.meet();  // the others' products
    const Share its = share(member);
    spread_bias(its);
    for (const Buffer<float>& product : products_)
      vectorized<add>(product.data() + its.first * units_, its.count * units_,
                      output() + its.first * units_);
  }

  const std::size_t inputs_;
  const std::size_t units_;
  std::vector<Buffer<float>> products_;  // one a member; none where images are divided
  Buffer<float> flat_input_;             // empty where the input's order is right already
  Buffer<float> flat_grad_input_;
};

}  // namespace

std::unique_ptr<Layer> make_linear(Wiring wiring) {
  return std::make_unique<LinearLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
