// A call of the engine, as the trainer saw it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mnist {

struct EngineCall {
  enum class Verb { train, train_timed, evaluate };
  Verb verb = Verb::train;
  std::uint64_t step = 0;  // updates done before
  std::size_t steps = 0;   // that it made
  double seconds = 0;      // that it took, until now
};

}  // namespace mnist
