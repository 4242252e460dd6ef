#include "network/execution_order.hpp"

#include <algorithm>
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

void copy_outputs_in_network_order(const std::vector<PlacedLayer>& order,
                                   const std::function<void(std::span<float> to)>& copy_images,
                                   const CopyOutput& copy_output,
                                   std::span<const std::span<float>> to) {
  for (std::size_t index = 0; index < to.size(); ++index) {
    const auto copy_input = [&] {
      if (index == 0)
        copy_images(to[index]);
      else
        std::ranges::copy(to[index - 1], to[index].begin());
    };
    const auto found = std::ranges::find(order, index, &PlacedLayer::index);
    const auto place = static_cast<std::size_t>(found - order.begin());
    if (found == order.end()) {
      copy_input();  // dropout, in inference
    } else if (place > 0 && order[place - 1].index > index) {
      // A rectifier that is run after the pooling behind it never sees its own input.
      copy_input();
      for (float& value : to[index]) value = value < 0 ? 0 : value;
    } else {
      const bool rectified_later = place + 1 < order.size() && order[place + 1].index < index;
      copy_output(rectified_later ? place + 1 : place, to[index]);
    }
  }
}

}  // namespace mnist
