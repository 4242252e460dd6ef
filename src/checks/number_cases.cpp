#include "checks/number_cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/philox.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

// A power of two, so that the mean of whole numbers is exact.
constexpr int batch_size = 8;
constexpr std::uint64_t seed = 1;

std::vector<std::uint32_t> random_words(std::uint32_t stream, std::size_t count) {
  std::vector<std::uint32_t> words;
  words.reserve(count + 3);
  for (std::size_t block = 0; words.size() < count; ++block)
    for (const std::uint32_t word : philox(seed, RandomPurpose::number_checks, stream, block).word)
      words.push_back(word);
  return words;
}

constexpr std::uint32_t pixel_stream = 0;
constexpr std::uint32_t whole_stream = 1;  // and one for each layer
constexpr std::uint32_t sizes_stream = 101;

// Where a layer's weight lies between its inputs and its outputs.
struct Connection {
  std::size_t unit = 0;     // of the output, or its channel
  std::size_t channel = 0;  // of the input
};

std::size_t terms(const PlannedLayer& layer) { return layer.weights.size / layer.bias.size; }

Connection connection(const PlannedLayer& layer, std::size_t weight) {
  const auto inputs_a_channel =
      static_cast<std::size_t>(layer.input.height) * static_cast<std::size_t>(layer.input.width);
  if (const auto* conv = std::get_if<Conv2d>(&layer.spec)) {
    const auto weights_a_channel = static_cast<std::size_t>(conv->kernel * conv->kernel);
    return {weight / terms(layer), weight % terms(layer) / weights_a_channel};
  }
  return {weight % layer.bias.size, weight / layer.bias.size / inputs_a_channel};
}

std::span<float> part(TrainingState& state, const ParameterRange& range) {
  return std::span(state.parameters).subspan(range.offset, range.size);
}

TrainingState empty_state(const NetworkPlan& network) {
  const std::vector<float> zeros(network.parameter_count);
  return {.step = 0, .parameters = zeros, .first_moments = zeros, .second_moments = zeros};
}

std::vector<std::uint32_t> batch_from(std::uint32_t first) {
  std::vector<std::uint32_t> batch;
  for (std::uint32_t i = 0; i < batch_size; ++i) batch.push_back(first + i * 3 % batch_size);
  return batch;
}

// How many layers there are up to the last rectifier or pooling layer.
std::size_t decided_layers(const NetworkPlan& network) {
  std::size_t decided = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& spec = network.layers[i].spec;
    if (std::holds_alternative<Relu>(spec) || std::holds_alternative<MaxPool>(spec))
      decided = i + 1;
  }
  return decided;
}

// Weights of -1, 0 and 1; in layers of many terms mostly 0, so that sums stay small.
TrainingState whole_state(const NetworkPlan& network) {
  TrainingState state = empty_state(network);
  const PlannedLayer* last = nullptr;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const PlannedLayer& layer = network.layers[i];
    if (layer.weights.size == 0) continue;
    last = &layer;
    const std::vector<std::uint32_t> words =
        random_words(whole_stream + static_cast<std::uint32_t>(i), layer.weights.size);
    const std::uint32_t chance = terms(layer) <= 32 ? 64 : 24;  // of 256
    const std::span<float> weights = part(state, layer.weights);
    for (std::size_t w = 0; w < weights.size(); ++w) {
      const std::uint32_t byte = words[w] >> 24;
      weights[w] = byte < chance ? 1.0f : byte < 2 * chance ? -1.0f : 0.0f;
    }
    const std::span<float> bias = part(state, layer.bias);
    for (std::size_t b = 0; b < bias.size(); ++b) bias[b] = static_cast<float>(b % 3) - 1;
  }
  // No two logits closer than 128, and exp(-128) is 0 in floats.
  for (float& weight : part(state, last->weights)) weight *= 2048;
  const std::span<float> bias = part(state, last->bias);
  for (std::size_t b = 0; b < bias.size(); ++b) bias[b] = 128 * (static_cast<float>(b) + 1);
  return state;
}

// All images of a batch of many sizes have this label. Its logit alone is negative, as is its
// gradient (a probability less 1), so that on the way back, too, all terms have the same sign.
constexpr std::size_t label_of_sizes = 3;

// Fills in the layers before the last decision: weights of 1 and 2, times a power of two that keeps
// the sums' size about 1, and biases that let through what is above a threshold. They are half a
// unit from whole numbers of units, so that no sum is 0. All but the first layer have weights of 0
// too: with few terms a sum depends on more than how bright the whole image is.
class WholeLayers {
 public:
  void fill(const PlannedLayer& layer, std::span<const std::uint32_t> words, TrainingState& state) {
    const float chance = std::min(1.0f, most_terms_ / static_cast<float>(terms(layer)));
    float scale = 1;
    while (scale * scale * chance * static_cast<float>(terms(layer)) > 1) scale /= 2;
    const std::span<float> weights = part(state, layer.weights);
    std::vector<float> sums(layer.bias.size);
    for (std::size_t w = 0; w < weights.size(); ++w) {
      const bool there = static_cast<float>(words[w] >> 8) < chance * 0x1p24f;
      const float whole = there ? static_cast<float>(1 + words[w] % 2) : 0.0f;
      weights[w] = whole * scale;
      sums[connection(layer, w).unit] += whole;
    }
    const std::span<float> bias = part(state, layer.bias);
    for (std::size_t b = 0; b < bias.size(); ++b)
      bias[b] = -(std::floor(threshold_ * sums[b] / unit_) + 0.5f) * unit_ * scale;
    unit_ *= scale / 2;
    threshold_ = 0.375f;
    most_terms_ = 32;
  }

 private:
  float unit_ = 1;          // that all inputs are whole numbers of
  float threshold_ = 0.5f;  // of an input; found by trial, so that some outputs are on, some off
  float most_terms_ = std::numeric_limits<float>::infinity();
};

// Fills in the layers after it: weights with every bit of their fractions, of sizes from 1 to 1/128
// of the number that keeps the sums' size about 1. Each unit has a sign of its own.
class LayersOfSizes {
 public:
  void fill(const PlannedLayer& layer, bool gives_logits, std::span<const std::uint32_t> words,
            TrainingState& state) {
    std::vector<float> unit_signs(layer.bias.size);
    for (std::size_t unit = 0; unit < unit_signs.size(); ++unit) {
      const bool negative = gives_logits ? unit == label_of_sizes : unit % 2 == 1;
      unit_signs[unit] = negative ? -1.0f : 1.0f;
    }
    const std::span<float> weights = part(state, layer.weights);
    for (std::size_t w = 0; w < weights.size(); ++w) {
      const auto [unit, channel] = connection(layer, w);
      const float input_sign = signs_.empty() ? 1.0f : signs_[channel];
      weights[w] =
          input_sign * unit_signs[unit] * size(words[w]) / static_cast<float>(terms(layer));
    }
    const std::span<float> bias = part(state, layer.bias);
    for (std::size_t b = 0; b < bias.size(); ++b)
      bias[b] = unit_signs[b] * size(words[weights.size() + b]) / 8;
    signs_ = unit_signs;
  }

 private:
  static float size(std::uint32_t word) {
    const float fraction = static_cast<float>(word >> 9) * 0x1p-23f;
    return std::ldexp(1 + fraction, -static_cast<int>(word & 7));
  }

  std::vector<float> signs_;  // of the inputs' channels; empty where all are positive
};

TrainingState state_of_sizes(const NetworkPlan& network) {
  TrainingState state = empty_state(network);
  const std::size_t decided = decided_layers(network);
  WholeLayers whole;
  LayersOfSizes sizes;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].weights.size == 0) continue;
    const PlannedLayer& layer = network.layers[i];
    const std::vector<std::uint32_t> words = random_words(
        sizes_stream + static_cast<std::uint32_t>(i), layer.weights.size + layer.bias.size);
    if (i < decided)
      whole.fill(layer, words, state);
    else
      sizes.fill(layer, i + 1 == network.layers.size(), words, state);
  }
  return state;
}

// Twice a batch: images in black and white of all labels, then those of one label, of all greys
// where nothing hangs on them.
enum class Greys { all, black_and_white };

Dataset images_of(Shape shape, Greys greys) {
  Dataset images{.image = shape, .pixels = {}, .labels = {}};
  const std::vector<std::uint32_t> words =
      random_words(pixel_stream, 2 * batch_size * shape.size());
  for (std::size_t i = 0; i < 2 * batch_size; ++i) {
    const bool many_sizes = i >= batch_size;
    images.labels.push_back(static_cast<std::uint8_t>(many_sizes ? label_of_sizes : i));
    for (std::size_t p = 0; p < shape.size(); ++p) {
      const std::uint32_t byte = words[i * shape.size() + p] >> 24;
      const bool grey = many_sizes && greys == Greys::all;
      images.pixels.push_back(
          static_cast<std::uint8_t>(grey ? std::max(byte, 1u) : byte % 2 * 255));
    }
  }
  return images;
}

NumberTrial trial(std::string name, const Network& network, Precision precision) {
  NumberTrial trial;
  trial.name = std::move(name);
  trial.config = {
      .network = plan(network), .batch_size = batch_size, .seed = seed, .precision = precision};
  trial.images =
      images_of(network.input,
                decided_layers(trial.config.network) == 0 ? Greys::all : Greys::black_and_white);
  return trial;
}

void add_whole(NumberTrial& trial) {
  trial.cases.push_back({.name = "whole numbers",
                         .tolerance = 0,
                         .batch = batch_from(0),
                         .state = whole_state(trial.config.network)});
}

void add_sizes(NumberTrial& trial) {
  const bool fp32 = trial.config.precision == Precision::fp32;
  trial.cases.push_back({.name = "numbers of many sizes",
                         .tolerance = fp32 ? fp32_tolerance : tf32_tolerance,
                         .batch = batch_from(batch_size),
                         .state = state_of_sizes(trial.config.network)});
}

}  // namespace

std::vector<NumberTrial> number_trials(std::string_view model, Precision precision) {
  NumberTrial products =
      trial("products",
            {.name = "products",
             .input = {1, 12, 12},
             .layers = {Linear{.units = 64}, Linear{.units = 32}, Linear{.units = class_count}}},
            precision);
  add_whole(products);
  add_sizes(products);
  NumberTrial convolutions =
      trial("convolutions",
            {.name = "convolutions",
             .input = {1, 14, 14},
             .layers = {Conv2d{.filters = 8, .kernel = 3}, Relu{}, MaxPool{.window = 2},
                        Conv2d{.filters = 16, .kernel = 3}, Linear{.units = class_count}}},
            precision);
  add_whole(convolutions);
  add_sizes(convolutions);
  NumberTrial step =
      trial("training step", named_network(model, {1, 28, 28}, default_keep(model)), precision);
  add_sizes(step);
  std::vector<NumberTrial> trials;
  for (NumberTrial* each : {&products, &convolutions, &step}) trials.push_back(std::move(*each));
  return trials;
}

}  // namespace mnist
