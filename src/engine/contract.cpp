#include "engine/contract.hpp"

#include "base/error.hpp"

namespace mnist {
namespace {

[[noreturn]] void misused(const std::string& found) {
  throw Error(ExitCode::bug, "an engine was given " + found, "report it");
}

}  // namespace

void require_images_of(const NetworkPlan& network, const Dataset& set) {
  if (set.image != network.input || set.size() == 0)
    misused("a data set of " + std::to_string(set.size()) + " images of " + to_string(set.image));
}

void require_whole_images(const NetworkPlan& network, std::span<const std::uint8_t> images) {
  if (images.size() % network.input.size() != 0)
    misused(std::to_string(images.size()) + " bytes of images of " + to_string(network.input));
}

void require_loaded(std::size_t set_size) {
  if (set_size == 0) misused("work before load()");
}

void require_steps(std::span<const std::uint32_t> order, std::size_t steps,
                   std::size_t batch_size) {
  if (steps > Engine::most_steps_a_call || order.size() != steps * batch_size)
    misused(std::to_string(order.size()) + " samples for " + std::to_string(steps) + " steps");
}

void require_batch(std::span<const std::uint32_t> batch, std::size_t batch_size) {
  if (batch.size() != batch_size) misused(std::to_string(batch.size()) + " samples to probe");
}

void require_samples_of(std::size_t set_size, std::span<const std::uint32_t> samples) {
  for (const std::uint32_t sample : samples)
    if (sample >= set_size)
      misused("sample " + std::to_string(sample) + " of " + std::to_string(set_size));
}

void require_state_of(const NetworkPlan& network, const TrainingState& state) {
  for (const auto* values : {&state.parameters, &state.first_moments, &state.second_moments})
    if (values->size() != network.parameter_count)
      misused("a state of " + std::to_string(values->size()) + " values for " +
              std::to_string(network.parameter_count) + " parameters");
}

StepResult step_result(std::span<const SampleLoss> batch) {
  double loss = 0;
  int correct = 0;
  for (const SampleLoss& sample : batch) {
    loss += sample.loss;
    correct += sample.correct;
  }
  return {static_cast<float>(loss / static_cast<double>(batch.size())), correct};
}

Score score(std::span<const SampleLoss> test_set) {
  Score score{.loss = 0, .correct = 0, .count = test_set.size()};
  for (const SampleLoss& sample : test_set) {
    score.loss += sample.loss;
    score.correct += sample.correct;
  }
  score.loss /= static_cast<double>(score.count);
  return score;
}

void resize_outputs(const NetworkPlan& network, std::size_t images,
                    std::vector<std::vector<float>>& outputs) {
  outputs.resize(network.layers.size());
  for (std::size_t layer = 0; layer < outputs.size(); ++layer)
    outputs[layer].resize(images * network.layers[layer].output.size());
}

std::vector<std::span<float>> outputs_of(const NetworkPlan& network, std::size_t first,
                                         std::size_t count,
                                         std::vector<std::vector<float>>& outputs) {
  std::vector<std::span<float>> room;
  for (std::size_t layer = 0; layer < outputs.size(); ++layer) {
    const std::size_t size = network.layers[layer].output.size();
    room.push_back(std::span(outputs[layer]).subspan(first * size, count * size));
  }
  return room;
}

}  // namespace mnist
