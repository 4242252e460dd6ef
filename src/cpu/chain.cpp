#include "cpu/chain.hpp"

#include <algorithm>
#include <utility>

namespace mnist::cpu {
namespace {

std::unique_ptr<Layer> make_layer(Wiring wiring) {
  struct Maker {
    Wiring wiring;
    std::unique_ptr<Layer> operator()(const Conv2d&) { return make_conv2d(std::move(wiring)); }
    std::unique_ptr<Layer> operator()(const Relu&) { return make_relu(std::move(wiring)); }
    std::unique_ptr<Layer> operator()(const MaxPool&) { return make_max_pool(std::move(wiring)); }
    std::unique_ptr<Layer> operator()(const Dropout&) { return make_dropout(std::move(wiring)); }
    std::unique_ptr<Layer> operator()(const Linear&) { return make_linear(std::move(wiring)); }
  };
  const LayerSpec spec = wiring.planned.spec;
  return std::visit(Maker{std::move(wiring)}, spec);
}

}  // namespace

Chain::Chain(const ChainConfig& config)
    : order_(execution_order(config.network, config.mode)),
      input_(config.batch_size * config.network.input.size()) {
  const auto members = static_cast<std::size_t>(config.team.size());
  for (std::size_t member = 0; member < members; ++member) {
    const ParameterRange part = part_of(config.batch_size, member, members);
    shares_.push_back({part.offset, part.size});
  }
  for (const PlacedLayer& placed : order_) {
    const bool first = layers_.empty();
    layers_.push_back(make_layer({.planned = placed.planned,
                                  .index = placed.index,
                                  .mode = config.mode,
                                  .batch_size = config.batch_size,
                                  .shares = shares_,
                                  .team = &config.team,
                                  .input = first ? input_.data() : layers_.back()->output(),
                                  .grad_input = first || config.mode == Mode::inference
                                                    ? nullptr
                                                    : layers_.back()->grad_output(),
                                  .parameters = config.parameters,
                                  .gradients = config.gradients,
                                  .seed = config.seed}));
  }
  parts_.resize(members);
  for (std::size_t member = 0; member < members; ++member)
    for (const auto& layer : layers_)
      for (const ParameterRange& part : layer->parts(static_cast<int>(member)))
        parts_[member].push_back(part);
}

void Chain::take_parameters(int member) {
  for (const auto& layer : layers_) layer->take_parameters(member);
}

void Chain::forward(int member, std::uint32_t step, const PartDone& done) {
  for (std::size_t place = 0; place < layers_.size(); ++place) {
    layers_[place]->forward(member, step);
    if (done) done(order_[place].name);
  }
}

void Chain::backward(int member, const PartDone& done) {
  for (std::size_t place = layers_.size(); place-- > 0;) {
    layers_[place]->backward(member);
    if (done) done(gradient_part(order_[place].name));
  }
}

void Chain::sum_gradients(int member, const PartDone& done) {
  for (std::size_t place = 0; place < layers_.size(); ++place) {
    layers_[place]->sum_gradients(member);
    if (done && order_[place].planned.weights.size > 0) done(gradient_sum_part(order_[place].name));
  }
}

void Chain::copy_outputs(std::size_t first, std::size_t count,
                         std::span<const std::span<float>> to) const {
  const auto copy = [&](const Shape& shape, const float* values, std::span<float> copied) {
    const float* from = values + first * shape.size();
    if (order_matters(shape))
      rows_to_channels(shape, count, from, copied.data());
    else
      std::copy_n(from, count * shape.size(), copied.data());
  };
  copy_outputs_in_network_order(
      order_,
      [&](std::span<float> copied) {
        const Wiring& wiring = layers_.front()->wiring();
        copy(wiring.planned.input, wiring.input, copied);
      },
      [&](std::size_t place, std::span<float> copied) {
        const Layer& layer = *layers_[place];
        copy(layer.wiring().planned.output, layer.output(), copied);
      },
      to);
}

}  // namespace mnist::cpu
