#include "network/named_networks.hpp"

#include <array>

#include "base/error.hpp"

namespace mnist {
namespace {

constexpr std::array<std::string_view, 2> names{"lenet", "mlp"};

void append_dropout(Network& network, float keep) {
  if (keep != 1) network.layers.push_back(Dropout{.keep = keep});
}

Network mlp(Shape input, float keep) {
  Network network{.name = "mlp",
                  .input = input,
                  .layers = {Linear{.units = 500}, Relu{}},
                  .initialization = Initialization::truncated_normal};
  append_dropout(network, keep);
  network.layers.push_back(Linear{.units = 10});
  return network;
}

Network lenet(Shape input, float keep) {
  Network network{.name = "lenet",
                  .input = input,
                  .layers = {Conv2d{.filters = 16, .kernel = 5}, Relu{}, MaxPool{.window = 2},
                             Conv2d{.filters = 32, .kernel = 5}, Relu{}, MaxPool{.window = 2},
                             Linear{.units = 128}, Relu{}},
                  .initialization = Initialization::he_normal};
  append_dropout(network, keep);
  network.layers.push_back(Linear{.units = 10});
  return network;
}

}  // namespace

std::span<const std::string_view> network_names() { return names; }

float default_keep(std::string_view name) { return name == "mlp" ? 0.9f : 1.0f; }

Network named_network(std::string_view name, Shape input, float keep) {
  if (name == "mlp") return mlp(input, keep);
  if (name == "lenet") return lenet(input, keep);
  throw Error(ExitCode::bug, "no network is named '" + std::string(name) + "'",
              "report it: the options let an unknown name pass");
}

}  // namespace mnist
