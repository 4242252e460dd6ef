#include "cuda/chain.hpp"

#include <variant>

namespace mnist::cuda {
namespace {

std::unique_ptr<Layer> make_layer(const Wiring& wiring) {
  struct Maker {
    const Wiring& wiring;
    std::unique_ptr<Layer> operator()(const Conv2d&) { return make_conv2d(wiring); }
    std::unique_ptr<Layer> operator()(const Relu&) { return make_relu(wiring); }
    std::unique_ptr<Layer> operator()(const MaxPool&) { return make_max_pool(wiring); }
    std::unique_ptr<Layer> operator()(const Dropout&) { return make_dropout(wiring); }
    std::unique_ptr<Layer> operator()(const Linear&) { return make_linear(wiring); }
  };
  return std::visit(Maker{wiring}, wiring.planned.spec);
}

}  // namespace

Chain::Chain(const ChainConfig& config)
    : context_(config.context),
      batch_size_(config.batch_size),
      order_(execution_order(config.network, config.mode)),
      input_(context_.allocate<float>(
          static_cast<std::size_t>(batch_size_) * config.network.input.size(),
          "a batch of images")) {
  for (const PlacedLayer& placed : order_) {
    const bool first = layers_.empty();
    layers_.push_back(make_layer({.planned = placed.planned,
                                  .index = placed.index,
                                  .mode = config.mode,
                                  .batch_size = batch_size_,
                                  .context = &context_,
                                  .input = first ? input_.data() : layers_.back()->output(),
                                  .grad_input = first ? nullptr : layers_.back()->grad_output(),
                                  .parameters = config.parameters,
                                  .gradients = config.gradients,
                                  .seed = config.seed,
                                  .progress = config.progress}));
  }
}

void Chain::forward(const PartDone& done) const {
  for (std::size_t place = 0; place < layers_.size(); ++place) {
    layers_[place]->forward();
    if (done) done(order_[place].name);
  }
}

void Chain::backward(const PartDone& done) const {
  for (std::size_t place = layers_.size(); place-- > 0;) {
    layers_[place]->backward();
    if (done) done(gradient_part(order_[place].name));
  }
}

void Chain::copy_outputs(std::span<const std::span<float>> to) const {
  const auto copy = [&](const float* values, std::span<float> copied) {
    context_.download(values, copied, "a layer's outputs");
    context_.synchronize();
  };
  copy_outputs_in_network_order(
      order_, [&](std::span<float> copied) { copy(input_.data(), copied); },
      [&](std::size_t place, std::span<float> copied) { copy(layers_[place]->output(), copied); },
      to);
}

}  // namespace mnist::cuda
