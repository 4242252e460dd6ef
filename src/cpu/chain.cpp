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

struct Placed {
  PlannedLayer planned;
  std::size_t index;  // in the network
};

// The layers in the order in which they are run. A rectifier before a pooling layer is run after
// it: the largest of max(0, x) is max(0, the largest x), with the same winner wherever the gradient
// is not zero, so the numbers are the same, for a quarter of the work.
std::vector<Placed> execution_order(const NetworkPlan& network, Mode mode) {
  std::vector<Placed> order;
  for (std::size_t index = 0; index < network.layers.size(); ++index) {
    const PlannedLayer& planned = network.layers[index];
    if (mode == Mode::inference && std::holds_alternative<Dropout>(planned.spec)) continue;
    order.push_back({planned, index});
    if (order.size() < 2) continue;
    Placed& before = order[order.size() - 2];
    if (std::holds_alternative<MaxPool>(planned.spec) &&
        std::holds_alternative<Relu>(before.planned.spec) && before.index + 1 == index) {
      before.planned.input = before.planned.output = planned.output;
      std::swap(before, order.back());
    }
  }
  return order;
}

}  // namespace

Chain::Chain(const ChainConfig& config) : input_(config.batch_size * config.network.input.size()) {
  const auto members = static_cast<std::size_t>(config.team.size());
  for (std::size_t member = 0; member < members; ++member) {
    const ParameterRange part = part_of(config.batch_size, member, members);
    shares_.push_back({part.offset, part.size});
  }
  for (const Placed& placed : execution_order(config.network, config.mode)) {
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

void Chain::forward(int member, std::uint32_t step) {
  for (const auto& layer : layers_) layer->forward(member, step);
}

void Chain::backward(int member) {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) (*layer)->backward(member);
}

void Chain::sum_gradients(int member) {
  for (const auto& layer : layers_) layer->sum_gradients(member);
}

std::vector<std::vector<float>> Chain::outputs() const {
  std::vector<std::vector<float>> outputs(layers_.size());
  const auto in_network_order = [](const Shape& shape, const float* values, std::size_t count) {
    std::vector<float> ordered(values, values + count);
    if (order_matters(shape)) rows_to_channels(shape, count / shape.size(), values, ordered.data());
    return ordered;
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Wiring& wiring = layers_[i]->wiring();
    const Shape& shape = wiring.planned.output;
    const std::size_t count = wiring.batch_size * shape.size();
    const bool pooled_early = wiring.index > i;
    if (pooled_early) {
      // The rectifier before it, which is run after it, never sees its own input.
      const Shape& input = wiring.planned.input;
      std::vector<float>& rectified = outputs[i];
      rectified = in_network_order(input, wiring.input, wiring.batch_size * input.size());
      for (float& value : rectified) value = value < 0 ? 0 : value;
      outputs[wiring.index] = in_network_order(shape, layers_[i + 1]->output(), count);
      ++i;
    } else {
      outputs[wiring.index] = in_network_order(shape, layers_[i]->output(), count);
    }
  }
  return outputs;
}

}  // namespace mnist::cpu
