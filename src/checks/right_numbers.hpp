// Whether a device computes what it should: its numbers beside another engine's, before training.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "verdict/check.hpp"

namespace mnist {

using MakeEngine = std::function<std::unique_ptr<Engine>(const EngineConfig&)>;

// Checks of the group "numbers", failed with `wrong_numbers`: products, convolutions and a whole
// training step of the network `model`. Each compares the loss, the logits, every layer's output
// and every gradient of a fixed batch of its own: once with values of many sizes, within a
// tolerance for `precision`, and of the first two also with small whole numbers, whose sums are the
// same in every order, exactly. A failed check says which value differed, and by how much. Its
// seconds are the engine's; the reference is made and works on a thread of its own meanwhile.
// Throws what engines throw.
std::vector<Check> check_numbers(const MakeEngine& make_engine, const MakeEngine& make_reference,
                                 const std::string& model, Precision precision);

}  // namespace mnist
