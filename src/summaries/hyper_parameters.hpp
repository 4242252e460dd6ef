// A run's settings and its accuracy, for TensorBoard's table of runs (its plugin "hparams").
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "exchange/protobuf.hpp"

namespace mnist {

struct HyperParameter {
  std::string name;
  std::variant<double, std::string> value;
};

// Summaries for the event file that has the scalars `accuracy` and `cross_entropy`: what the table
// consists of, and when a run began; and when and how it ended.
ProtobufWriter run_begins(const std::vector<HyperParameter>& parameters);
ProtobufWriter run_ended(bool passed);

}  // namespace mnist
