// What every engine refuses to be given, and how every engine sums up what it computed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "network/softmax.hpp"

namespace mnist {

// Each throws Error(bug) where the program asked for what the seam does not promise.
void require_images_of(const NetworkPlan& network, const Dataset& set);
void require_whole_images(const NetworkPlan& network, std::span<const std::uint8_t> images);
void require_loaded(std::size_t set_size);
void require_steps(std::span<const std::uint32_t> order, std::size_t steps, std::size_t batch_size);
void require_batch(std::span<const std::uint32_t> batch, std::size_t batch_size);
void require_samples_of(std::size_t set_size, std::span<const std::uint32_t> samples);
void require_state_of(const NetworkPlan& network, const TrainingState& state);

// Sums in the order of the samples, which is the same on every engine.
StepResult step_result(std::span<const SampleLoss> batch);
Score score(std::span<const SampleLoss> test_set);

// Makes room for each layer's outputs of `images` images.
void resize_outputs(const NetworkPlan& network, std::size_t images,
                    std::vector<std::vector<float>>& outputs);
// The room in it for those of images `first` to `first` + `count` - 1.
std::vector<std::span<float>> outputs_of(const NetworkPlan& network, std::size_t first,
                                         std::size_t count,
                                         std::vector<std::vector<float>>& outputs);

}  // namespace mnist
