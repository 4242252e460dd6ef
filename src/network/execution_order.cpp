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

std::vector<std::vector<float>> outputs_in_network_order(const std::vector<PlacedLayer>& order,
                                                         const BatchValues& inputs,
                                                         const BatchValues& outputs) {
  std::vector<std::vector<float>> ordered(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    const std::size_t index = order[place].index;
    const bool pooled_early = index > place;
    if (pooled_early) {
      // The rectifier before it, which is run after it, never sees its own input.
      ordered[place] = inputs(place);
      for (float& value : ordered[place]) value = value < 0 ? 0 : value;
      ordered[index] = outputs(++place);
    } else {
      ordered[index] = outputs(place);
    }
  }
  return ordered;
}

}  // namespace mnist
