// A network in double precision, one value at a time: written to be seen to be right, and what the
// engines' numbers are compared with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataset/dataset.hpp"
#include "network/network.hpp"

namespace mnist {

struct ReferencePass {
  double loss = 0;  // mean over the batch
  std::size_t correct = 0;
  std::vector<double> input;                 // batch x input, pixels scaled to 0..1
  std::vector<std::vector<double>> outputs;  // each layer's, batch x output, as Probe has them
  std::vector<double> logit_gradients;       // of the loss, batch x class_count
  // How far the nearest value is from where a ReLU or a maximum changes its derivative. Values that
  // are exactly 0 do not count: they were made so by a ReLU or a dropout before.
  double distance_to_kink = 0;
};

class ReferenceNetwork {
 public:
  // `seed` is of the dropout masks.
  ReferenceNetwork(NetworkPlan plan, std::uint64_t seed) : plan_(std::move(plan)), seed_(seed) {}

  // The images of `batch` (indices into `set`). `step` is the number of updates done, for the
  // dropout masks; without it there is no dropout.
  ReferencePass forward(std::span<const double> parameters, const Dataset& set,
                        std::span<const std::uint32_t> batch,
                        std::optional<std::uint32_t> step) const;

  // Of the loss of `pass`, which forward() gave for the same parameters and step.
  std::vector<double> gradients(std::span<const double> parameters, const ReferencePass& pass,
                                std::optional<std::uint32_t> step) const;

 private:
  NetworkPlan plan_;
  std::uint64_t seed_;
};

}  // namespace mnist
