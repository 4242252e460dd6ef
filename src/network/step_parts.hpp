// The parts of a training step, by names that are the same on every engine.
#pragma once

#include <functional>
#include <string>

namespace mnist {

// A step is, in this order: `gather`, a part for each layer, `loss`, a gradient_part() for each
// layer backwards, and `update`. A layer's part bears its name (PlacedLayer::name). An engine that
// divides a batch among threads has, before the update, also `wait`, until all have come that far,
// and a gradient_sum_part() for each layer with parameters.
namespace step_parts {
inline constexpr const char* gather = "gather";  // a batch's images, as floats
inline constexpr const char* loss = "loss";      // with the gradients of the logits
inline constexpr const char* wait = "wait";
inline constexpr const char* update = "update";  // Adam
}  // namespace step_parts

inline std::string gradient_part(const std::string& layer) { return layer + " gradient"; }
inline std::string gradient_sum_part(const std::string& layer) { return layer + " gradient sum"; }

// Told of each part when it is done; empty where nobody asks.
using PartDone = std::function<void(const std::string& part)>;

}  // namespace mnist
