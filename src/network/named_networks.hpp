// The networks that --model can name.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "network/network.hpp"

namespace mnist {

std::span<const std::string_view> network_names();

// The keep probability of `name`'s hidden dense layer where none is asked for.
float default_keep(std::string_view name);

// mlp: the predecessor's network. lenet: two convolutions and two dense layers, after LeCun et al.
// 1998. `keep` is the keep probability of the hidden dense layer; at 1 the network has no dropout
// layer. `name` is one of network_names().
Network named_network(std::string_view name, Shape input, float keep);

}  // namespace mnist
