#include "reference_network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "network/dropout.hpp"

namespace mnist {
namespace {

// One layer at work on one image. Backward adds to the gradients it is given.
struct LayerPass {
  const PlannedLayer& layer;
  std::span<const double> weights;
  std::span<const double> bias;
  std::span<const double> input;
  std::span<double> output;
  std::span<const double> grad_output;
  std::span<double> grad_input;
  std::span<double> grad_weights;
  std::span<double> grad_bias;
  std::vector<bool> kept;  // dropout: one an input value

  std::size_t at(const Shape& shape, int channel, int row, int column) const {
    return static_cast<std::size_t>((channel * shape.height + row) * shape.width + column);
  }

  // Calls visit(output place, input place, weight place) for every product of a convolution.
  template <class Visit>
  void each_product(const Conv2d& conv, const Visit& visit) const {
    const Shape kernel{layer.input.channels, conv.kernel, conv.kernel};
    for (int filter = 0; filter < layer.output.channels; ++filter)
      for (int row = 0; row < layer.output.height; ++row)
        for (int column = 0; column < layer.output.width; ++column)
          for (int channel = 0; channel < kernel.channels; ++channel)
            for (int y = 0; y < conv.kernel; ++y)
              for (int x = 0; x < conv.kernel; ++x)
                visit(at(layer.output, filter, row, column),
                      at(layer.input, channel, row + y, column + x),
                      static_cast<std::size_t>(filter) * kernel.size() + at(kernel, channel, y, x));
  }

  void forward(const Conv2d& conv) {
    const std::size_t positions = output.size() / bias.size();
    for (std::size_t i = 0; i < output.size(); ++i) output[i] = bias[i / positions];
    each_product(conv, [&](std::size_t out, std::size_t in, std::size_t weight) {
      output[out] += weights[weight] * input[in];
    });
  }
  void backward(const Conv2d& conv) {
    const std::size_t positions = output.size() / bias.size();
    for (std::size_t i = 0; i < output.size(); ++i) grad_bias[i / positions] += grad_output[i];
    each_product(conv, [&](std::size_t out, std::size_t in, std::size_t weight) {
      grad_weights[weight] += grad_output[out] * input[in];
      grad_input[in] += grad_output[out] * weights[weight];
    });
  }

  void forward(const Linear&) {
    for (std::size_t unit = 0; unit < output.size(); ++unit) {
      output[unit] = bias[unit];
      for (std::size_t i = 0; i < input.size(); ++i)
        output[unit] += input[i] * weights[i * output.size() + unit];
    }
  }
  void backward(const Linear&) {
    for (std::size_t unit = 0; unit < output.size(); ++unit) {
      grad_bias[unit] += grad_output[unit];
      for (std::size_t i = 0; i < input.size(); ++i) {
        grad_weights[i * output.size() + unit] += grad_output[unit] * input[i];
        grad_input[i] += grad_output[unit] * weights[i * output.size() + unit];
      }
    }
  }

  void forward(const Relu&) {
    for (std::size_t i = 0; i < input.size(); ++i) output[i] = std::max(input[i], 0.0);
  }
  void backward(const Relu&) {
    for (std::size_t i = 0; i < input.size(); ++i)
      if (input[i] > 0) grad_input[i] += grad_output[i];
  }

  // The places of the window of output (channel, row, column), in row order.
  std::vector<std::size_t> window(const MaxPool& pool, int channel, int row, int column) const {
    std::vector<std::size_t> places;
    for (int y = 0; y < pool.window; ++y)
      for (int x = 0; x < pool.window; ++x)
        places.push_back(at(layer.input, channel, row * pool.window + y, column * pool.window + x));
    return places;
  }
  // Calls visit(output place, places of its window) for every window.
  template <class Visit>
  void each_window(const MaxPool& pool, const Visit& visit) const {
    for (int channel = 0; channel < layer.output.channels; ++channel)
      for (int row = 0; row < layer.output.height; ++row)
        for (int column = 0; column < layer.output.width; ++column)
          visit(at(layer.output, channel, row, column), window(pool, channel, row, column));
  }
  std::size_t first_largest(const std::vector<std::size_t>& places) const {
    return *std::max_element(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      return input[a] < input[b];  // max_element gives the first of equals
    });
  }
  void forward(const MaxPool& pool) {
    each_window(pool, [&](std::size_t out, const std::vector<std::size_t>& places) {
      output[out] = input[first_largest(places)];
    });
  }
  void backward(const MaxPool& pool) {
    each_window(pool, [&](std::size_t out, const std::vector<std::size_t>& places) {
      grad_input[first_largest(places)] += grad_output[out];
    });
  }

  void forward(const Dropout& dropout) {
    for (std::size_t i = 0; i < input.size(); ++i)
      output[i] = kept[i] ? input[i] / double{dropout.keep} : 0;
  }
  void backward(const Dropout& dropout) {
    for (std::size_t i = 0; i < input.size(); ++i)
      if (kept[i]) grad_input[i] += grad_output[i] / double{dropout.keep};
  }

  double distance_to_kink() const {
    double distance = std::numeric_limits<double>::infinity();
    if (std::holds_alternative<Relu>(layer.spec)) {
      for (const double value : input)
        if (value != 0) distance = std::min(distance, std::abs(value));
    } else if (const auto* pool = std::get_if<MaxPool>(&layer.spec)) {
      each_window(*pool, [&](std::size_t out, const std::vector<std::size_t>& places) {
        for (const std::size_t place : places)
          if (place != first_largest(places) && output[out] != 0)
            distance = std::min(distance, output[out] - input[place]);
      });
    }
    return distance;
  }
};

std::vector<bool> kept_values(const Dropout& dropout, std::uint64_t seed, std::uint32_t step,
                              std::size_t layer, std::size_t sample, std::size_t size) {
  std::vector<bool> kept(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t value = sample * size + i;
    const RandomBlock bits = dropout_bits(seed, step, static_cast<std::uint32_t>(layer),
                                          static_cast<std::uint32_t>(value / 8));
    kept[i] = dropout_keeps(bits, static_cast<int>(value % 8), dropout_threshold(dropout.keep));
  }
  return kept;
}

template <class Value>
std::span<Value> part(std::span<Value> values, const ParameterRange& range) {
  return values.subspan(range.offset, range.size);
}

// Sample `sample`'s part of a batch x `size` buffer.
template <class Buffer>
auto row(Buffer& buffer, std::size_t sample, std::size_t size) {
  return std::span(buffer).subspan(sample * size, size);
}

}  // namespace

ReferencePass ReferenceNetwork::forward(std::span<const double> parameters, const Dataset& set,
                                        std::span<const std::uint32_t> batch,
                                        std::optional<std::uint32_t> step) const {
  ReferencePass pass;
  pass.distance_to_kink = std::numeric_limits<double>::infinity();
  for (const std::uint32_t index : batch)
    for (const std::uint8_t pixel : row(set.pixels, index, set.image.size()))
      pass.input.push_back(pixel / 255.0);

  const std::vector<double>* input = &pass.input;
  pass.outputs.reserve(plan_.layers.size());
  for (std::size_t index = 0; index < plan_.layers.size(); ++index) {
    const PlannedLayer& layer = plan_.layers[index];
    std::vector<double>& output = pass.outputs.emplace_back(batch.size() * layer.output.size());
    for (std::size_t sample = 0; sample < batch.size(); ++sample) {
      LayerPass work{.layer = layer,
                     .weights = part(parameters, layer.weights),
                     .bias = part(parameters, layer.bias),
                     .input = row(*input, sample, layer.input.size()),
                     .output = row(output, sample, layer.output.size()),
                     .grad_output = {},
                     .grad_input = {},
                     .grad_weights = {},
                     .grad_bias = {},
                     .kept = std::vector<bool>(layer.input.size(), true)};
      const auto* dropout = std::get_if<Dropout>(&layer.spec);
      if (dropout && !step) {
        std::copy(work.input.begin(), work.input.end(), work.output.begin());
        continue;
      }
      if (dropout)
        work.kept = kept_values(*dropout, seed_, *step, index, sample, layer.input.size());
      std::visit([&](const auto& spec) { work.forward(spec); }, layer.spec);
      pass.distance_to_kink = std::min(pass.distance_to_kink, work.distance_to_kink());
    }
    input = &output;
  }

  const double scale = 1.0 / static_cast<double>(batch.size());
  for (std::size_t sample = 0; sample < batch.size(); ++sample) {
    const std::span<const double> logits = row(*input, sample, class_count);
    const std::size_t label = set.labels[batch[sample]];
    const auto largest = std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const double logit : logits) sum += std::exp(logit - *largest);
    pass.loss += scale * (std::log(sum) - (logits[label] - *largest));
    pass.correct += static_cast<std::size_t>(largest - logits.begin()) == label;
    for (std::size_t i = 0; i < class_count; ++i)
      pass.logit_gradients.push_back(scale * (std::exp(logits[i] - *largest) / sum - (i == label)));
  }
  return pass;
}

std::vector<double> ReferenceNetwork::gradients(std::span<const double> parameters,
                                                const ReferencePass& pass,
                                                std::optional<std::uint32_t> step) const {
  std::vector<double> result(plan_.parameter_count);
  const std::size_t batch_size = pass.logit_gradients.size() / class_count;
  std::vector<double> grad_output = pass.logit_gradients;
  for (std::size_t index = plan_.layers.size(); index-- > 0;) {
    const PlannedLayer& layer = plan_.layers[index];
    const std::vector<double>& input = index == 0 ? pass.input : pass.outputs[index - 1];
    std::vector<double> output = pass.outputs[index];
    std::vector<double> grad_input(input.size());
    for (std::size_t sample = 0; sample < batch_size; ++sample) {
      LayerPass work{.layer = layer,
                     .weights = part(parameters, layer.weights),
                     .bias = part(parameters, layer.bias),
                     .input = row(input, sample, layer.input.size()),
                     .output = row(output, sample, layer.output.size()),
                     .grad_output = row(grad_output, sample, layer.output.size()),
                     .grad_input = row(grad_input, sample, layer.input.size()),
                     .grad_weights = part(std::span<double>(result), layer.weights),
                     .grad_bias = part(std::span<double>(result), layer.bias),
                     .kept = std::vector<bool>(layer.input.size(), true)};
      const auto* dropout = std::get_if<Dropout>(&layer.spec);
      if (dropout && step)
        work.kept = kept_values(*dropout, seed_, *step, index, sample, layer.input.size());
      std::visit([&](const auto& spec) { work.backward(spec); }, layer.spec);
    }
    grad_output = std::move(grad_input);
  }
  return result;
}

}  // namespace mnist
