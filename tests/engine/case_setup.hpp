// A row of the table of tiny networks, with data and parameters to run it on.
#pragma once

#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "engine/engine_under_test.hpp"
#include "layer_cases.hpp"
#include "network/initial_values.hpp"
#include "patterned_images.hpp"
#include "reference_network.hpp"

namespace mnist {

// Of dropout masks and initial values; of more than 32 bits, of which none may be lost.
inline constexpr std::uint64_t case_seed = 0x100000011;

struct CaseSetup {
  explicit CaseSetup(const LayerCase& layer_case)
      : config{plan(layer_case.network), layer_case.batch_size, case_seed},
        reference(config.network, case_seed) {
    state.parameters = initial_parameters(config.network, case_seed);
    state.first_moments.resize(state.parameters.size());
    state.second_moments.resize(state.parameters.size());
    state.step = 0x10203;  // with dropout masks of their own; every byte counts
    // Biases of zero would hide a bias that is forgotten.
    for (const PlannedLayer& layer : config.network.layers)
      for (std::size_t i = 0; i < layer.bias.size; ++i)
        state.parameters[layer.bias.offset + i] =
            static_cast<float>(pattern_byte(case_seed, 2, i)) / 512 - 0.25f;

    // Some samples of the set, not in their order, and the last one too.
    const auto batch_size = static_cast<std::uint32_t>(config.batch_size);
    for (std::uint32_t i = 0; i < batch_size; ++i)
      batch.push_back((i * 3 + batch_size + 4) % (batch_size + 5));

    // Near a kink floats and doubles may be on different sides of it, so other images are taken.
    for (std::uint64_t image_seed = 1;; ++image_seed) {
      training = patterned_images(config.network.input, batch.size() + 5, image_seed);
      expected = reference.forward(parameters(), training, batch, step());
      if (expected.distance_to_kink > 1e-5) break;
      if (image_seed == 100) throw std::logic_error("no images without kinks nearby");
    }
  }

  std::vector<double> parameters() const {
    return {state.parameters.begin(), state.parameters.end()};
  }
  std::uint32_t step() const { return static_cast<std::uint32_t>(state.step); }

  // With this state and data; the test set is `test`.
  std::unique_ptr<Engine> engine(const Dataset& test) const {
    std::unique_ptr<Engine> made = make_engine_under_test(config);
    made->load(training, test);
    made->restore(state);
    return made;
  }
  std::unique_ptr<Engine> engine() const { return engine(training); }

  // `steps` batches from the training set.
  std::vector<std::uint32_t> order(std::size_t steps) const {
    std::vector<std::uint32_t> indices;
    for (std::size_t i = 0; i < steps * batch.size(); ++i)
      indices.push_back(static_cast<std::uint32_t>(i * 7 % training.size()));
    return indices;
  }

  EngineConfig config;
  ReferenceNetwork reference;
  TrainingState state;
  Dataset training;
  std::vector<std::uint32_t> batch;
  ReferencePass expected;  // of `batch`, with the state's dropout masks
};

inline bool operator==(const TrainingState& a, const TrainingState& b) {
  return a.step == b.step && a.parameters == b.parameters && a.first_moments == b.first_moments &&
         a.second_moments == b.second_moments;
}
inline bool operator==(const StepResult& a, const StepResult& b) {
  return a.loss == b.loss && a.correct == b.correct;
}

}  // namespace mnist
