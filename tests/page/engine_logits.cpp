// engine_logits MODEL < PARAMETERS_AND_IMAGES: the logits that the CPU engine has for images of 28
// x 28 bytes with parameters given as floats, as floats.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <span>
#include <string>

#include "cpu/cpu_engine.hpp"
#include "network/named_networks.hpp"

using namespace mnist;

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const NetworkPlan network = plan(named_network(arguments[1], {1, 28, 28}, 1));
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  const auto bytes = std::as_bytes(std::span(input));
  TrainingState state = initial_state(network, 0);
  const auto parameters = std::as_writable_bytes(std::span(state.parameters));
  if (bytes.size() < parameters.size()) return 2;
  std::ranges::copy(bytes.first(parameters.size()), parameters.begin());

  const auto engine = make_cpu_engine({.network = network}, /*threads=*/1);
  engine->restore(state);
  const std::vector<std::uint8_t> images(
      input.begin() + static_cast<std::ptrdiff_t>(parameters.size()), input.end());
  const std::vector<float> logits = engine->infer(images);
  const auto output = std::as_bytes(std::span(logits));
  std::cout.write(reinterpret_cast<const char*>(output.data()),
                  static_cast<std::streamsize>(output.size()));
}
