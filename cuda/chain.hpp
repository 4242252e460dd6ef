// The layers of a network, wired up for batches of one size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cuda/layer.hpp"
#include "network/step_parts.hpp"

namespace mnist::cuda {

struct ChainConfig {
  const NetworkPlan& network;
  Mode mode = Mode::inference;
  int batch_size = 0;
  const Context& context;             // outlives the chain
  const float* parameters = nullptr;  // in the plan's order; outlives the chain, as do:
  float* gradients = nullptr;         // likewise; null in inference
  const Progress* progress = nullptr;
  std::uint64_t seed = 0;  // of dropout masks
};

class Chain {
 public:
  explicit Chain(const ChainConfig& config);

  int batch_size() const { return batch_size_; }
  // Device memory: batch_size images, as floats from 0 to 1.
  float* input() const { return input_.data(); }
  // batch_size x class_count; the gradients are null in inference.
  const float* logits() const { return layers_.back()->output(); }
  float* grad_logits() const { return layers_.back()->grad_output(); }

  // Both queue their work on the context's stream. In training, backward() follows forward() and
  // the gradients of the logits.
  void forward(const PartDone& done = {}) const;
  void backward(const PartDone& done = {}) const;

  // Copies what each layer of the network made of the first images of the last batch, as many as
  // `to` has room for: each its output, in channel, row, column order. Waits for the GPU.
  void copy_outputs(std::span<const std::span<float>> to) const;

 private:
  const Context& context_;
  const int batch_size_;
  const std::vector<PlacedLayer> order_;
  DeviceArray<float> input_;
  std::vector<std::unique_ptr<Layer>> layers_;  // as in order_
};

}  // namespace mnist::cuda
