#include "network/execution_order.hpp"

#include <map>
#include <utility>

namespace mnist {

std::vector<PlacedLayer> execution_order(const NetworkPlan& network, Mode mode) {
  std::vector<PlacedLayer> order;
  std::map<std::string_view, int> of_its_kind;
  for (std::size_t index = 0; index < network.layers.size(); ++index) {
    const PlannedLayer& planned = network.layers[index];
    const std::string_view kind = layer_name(planned.spec);
    const int number = ++of_its_kind[kind];
    if (mode == Mode::inference && std::holds_alternative<Dropout>(planned.spec)) continue;
    order.push_back({planned, index, std::string(kind) + "_" + std::to_string(number)});
    if (order.size() < 2) continue;
    PlacedLayer& before = order[order.size() - 2];
    if (std::holds_alternative<MaxPool>(planned.spec) &&
        std::holds_alternative<Relu>(before.planned.spec) && before.index + 1 == index) {
      before.planned.input = before.planned.output = planned.output;
      std::swap(before, order.back());
    }
  }
  return order;
}

std::vector<std::vector<float>> outputs_in_network_order(std::size_t layer_count,
                                                         const std::vector<PlacedLayer>& order,
                                                         const BatchValues& inputs,
                                                         const BatchValues& outputs) {
  std::vector<std::vector<float>> ordered(layer_count);
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t index = order[place].index;
    const bool pooled_early = place + 1 < order.size() && order[place + 1].index < index;
    if (pooled_early) {
      // The rectifier before it, which is run after it, never sees its own input.
      std::vector<float>& rectified = ordered[index - 1];
      rectified = inputs(place);
      for (float& value : rectified) value = value < 0 ? 0 : value;
      ordered[index] = outputs(++place);
    } else {
      ordered[index] = outputs(place);
    }
  }
  // Dropout that was not run passes on what it gets.
  for (std::size_t index = 0; index < layer_count; ++index)
    if (ordered[index].empty()) ordered[index] = index == 0 ? inputs(0) : ordered[index - 1];
  return ordered;
}

}  // namespace mnist
