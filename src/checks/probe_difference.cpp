#include "checks/probe_difference.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/class_count.hpp"

namespace mnist {
namespace {

// The fewest digits that tell it from every other float.
std::string text(float value) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

// Values of one kind, and what to call value `index` of them.
struct Part {
  std::string name;  // of all
  std::span<const float> found;
  std::span<const float> expected;
  std::size_t values_an_image = 0;  // 0 where they are not an image's
  std::string of;                   // what one belongs to

  std::string name_of(std::size_t index) const {
    if (expected.size() == 1) return name;
    const bool by_image = values_an_image > 0;
    std::string text = name + " " + std::to_string(by_image ? index % values_an_image : index);
    if (!of.empty()) text += " of " + of;
    if (by_image) text += " of image " + std::to_string(index / values_an_image);
    return text;
  }
};

std::string layer_in_words(const NetworkPlan& network, std::size_t index) {
  return "layer " + std::to_string(index + 1) + " (" +
         std::string(layer_name(network.layers[index].spec)) + ")";
}

// In the order in which they are computed. Both probes have the sizes of `network`.
std::vector<Part> parts_of(const Probe& found, const Probe& expected, const NetworkPlan& network) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    parts.push_back({"output", found.outputs[i], expected.outputs[i],
                     network.layers[i].output.size(), layer_in_words(network, i)});
  parts.push_back({"logit", found.logits, expected.logits, class_count, ""});
  parts.push_back({"loss", std::span(&found.loss, 1), std::span(&expected.loss, 1), 0, ""});
  for (std::size_t i = network.layers.size(); i-- > 0;) {
    const PlannedLayer& layer = network.layers[i];
    const auto add = [&](const ParameterRange& range, const char* what) {
      if (range.size > 0)
        parts.push_back({"gradient", std::span(found.gradients).subspan(range.offset, range.size),
                         std::span(expected.gradients).subspan(range.offset, range.size), 0,
                         what + layer_in_words(network, i)});
    };
    add(layer.weights, "the weights of ");
    add(layer.bias, "the biases of ");
  }
  return parts;
}

std::optional<std::string> missing_values(const Probe& found, const Probe& expected) {
  const auto unlike = [](std::size_t size, std::size_t right, const std::string& what) {
    return std::to_string(size) + " " + what + " came back, and not " + std::to_string(right);
  };
  if (found.outputs.size() != expected.outputs.size())
    return unlike(found.outputs.size(), expected.outputs.size(), "layers' outputs");
  for (std::size_t i = 0; i < expected.outputs.size(); ++i)
    if (found.outputs[i].size() != expected.outputs[i].size())
      return unlike(found.outputs[i].size(), expected.outputs[i].size(),
                    "outputs of layer " + std::to_string(i + 1));
  if (found.logits.size() != expected.logits.size())
    return unlike(found.logits.size(), expected.logits.size(), "logits");
  if (found.gradients.size() != expected.gradients.size())
    return unlike(found.gradients.size(), expected.gradients.size(), "gradients");
  return std::nullopt;
}

}  // namespace

std::optional<std::string> difference(const Probe& found, const Probe& expected,
                                      const NetworkPlan& network, double tolerance) {
  if (auto missing = missing_values(found, expected)) return missing;
  std::string first;
  std::size_t different = 0;
  for (const Part& part : parts_of(found, expected, network))
    for (std::size_t i = 0; i < part.expected.size(); ++i)
      if (!agrees(part.found[i], part.expected[i], tolerance)) {
        if (different++ == 0)
          first = part.name_of(i) + " is " + text(part.found[i]) + ", and should be " +
                  text(part.expected[i]);
      }
  if (different == 0) return std::nullopt;
  return first + "; " + std::to_string(different) + " of " + std::to_string(value_count(expected)) +
         (different == 1 ? " values is off" : " values are off");
}

std::size_t value_count(const Probe& probe) {
  std::size_t count = 1 + probe.logits.size() + probe.gradients.size();
  for (const std::vector<float>& output : probe.outputs) count += output.size();
  return count;
}

}  // namespace mnist
