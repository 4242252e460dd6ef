// The layers of a network, wired up for batches of one size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cpu/layer.hpp"
#include "cpu/team.hpp"
#include "network/execution_order.hpp"
#include "network/step_parts.hpp"

namespace mnist::cpu {

struct ChainConfig {
  const NetworkPlan& network;
  Mode mode;
  std::size_t batch_size;
  Team& team;               // divides each batch, and outlives the chain
  const float* parameters;  // in the plan's order; outlives the chain, as does:
  float* gradients;         // likewise; null in inference
  std::uint64_t seed;       // of dropout masks
};

class Chain {
 public:
  explicit Chain(const ChainConfig& config);

  std::size_t batch_size() const { return shares_.back().first + shares_.back().count; }
  const Share& share(int member) const { return shares_[static_cast<std::size_t>(member)]; }

  // batch_size images, as floats from 0 to 1.
  float* input() { return input_.data(); }
  // batch_size x class_count.
  const float* logits() const { return layers_.back()->output(); }
  float* grad_logits() { return layers_.back()->grad_output(); }

  // Each for one member, as in Layer; in training, backward() follows forward().
  void take_parameters(int member);
  void forward(int member, std::uint32_t step, const PartDone& done = {});
  void backward(int member, const PartDone& done = {});
  void sum_gradients(int member, const PartDone& done = {});
  const std::vector<ParameterRange>& parts(int member) const {
    return parts_[static_cast<std::size_t>(member)];
  }

  // Copies what each layer of the network made of `count` images of the last batch: count x its
  // output, in channel, row, column order.
  void copy_outputs(std::size_t first, std::size_t count,
                    std::span<const std::span<float>> to) const;

 private:
  const std::vector<PlacedLayer> order_;
  std::vector<Share> shares_;
  Buffer<float> input_;
  std::vector<std::unique_ptr<Layer>> layers_;      // as in order_
  std::vector<std::vector<ParameterRange>> parts_;  // a member's, of all layers
};

}  // namespace mnist::cpu
