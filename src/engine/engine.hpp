// The seam between the program and the devices it runs on: what an engine does, in eleven verbs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/dataset.hpp"
#include "network/initial_values.hpp"
#include "network/network.hpp"

namespace mnist {

// How products of floats are computed. TF32 rounds their factors to 10 bits of fraction, on GPUs of
// compute capability 8.0 and above; everything else computes in FP32 in either case.
enum class Precision { fp32, tf32 };

// What an engine is built for; everything else it learns through its verbs.
struct EngineConfig {
  NetworkPlan network;
  int batch_size = 100;
  std::uint64_t seed = 0;  // of the dropout masks
  Precision precision = Precision::fp32;
};

struct Description {
  std::string engine;                  // "cpu" or "cuda"
  std::string device;                  // the processor's or GPU's own name
  std::vector<std::string> libraries;  // "oneDNN 2.6.3", ...
  int threads = 0;                     // 0 where it has no meaning
  std::string instruction_set;         // "AVX-512", ...; empty where it has no meaning
  // Of an engine that records its work once and replays it: what it recorded, or why it did not, in
  // a few words; and in full, a line for each part.
  std::string recording;
  std::vector<std::string> recorded;
};

struct StepResult {
  float loss = 0;   // mean over the batch, before the step's update
  int correct = 0;  // of the batch
};

// A part of a step (network/step_parts.hpp), by the device's own clock.
struct TimedPart {
  std::string name;
  double start_seconds = 0;  // since the step began
  double seconds = 0;
};

struct TimedStep {
  StepResult result;
  std::vector<TimedPart> parts;  // in the order in which they were done
};

struct Score {
  double loss = 0;  // mean over the test set
  std::size_t correct = 0;
  std::size_t count = 0;
  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(count); }
};

// One batch looked at from inside.
struct Probe {
  float loss = 0;
  std::vector<float> logits;                // batch x class_count
  std::vector<std::vector<float>> outputs;  // each layer's: batch x its output, in layer order,
                                            // an image in channel, row, column order
  std::vector<float> gradients;             // of the loss, in the plan's parameter order
};

// All that training changes. Each vector has the plan's parameter_count values, in its order.
struct TrainingState {
  std::uint64_t step = 0;  // updates done
  std::vector<float> parameters;
  std::vector<float> first_moments;
  std::vector<float> second_moments;
};

// What training starts from.
inline TrainingState initial_state(const NetworkPlan& network, std::uint64_t seed) {
  const std::vector<float> zeros(network.parameter_count);
  return {.step = 0,
          .parameters = initial_parameters(network, seed),
          .first_moments = zeros,
          .second_moments = zeros};
}

// Holds arithmetic and memory: no flags, no files, no log lines, no environment. Not for use by two
// threads at once. Every verb returns when its work is done, and throws Error where the device or a
// library fails; after that the engine can only be destroyed.
class Engine {
 public:
  static constexpr std::size_t most_steps_a_call = 1000;

  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  virtual Description describe() const = 0;

  // Copies both sets to the device; their images have the network's input shape. Comes before any
  // other work than infer(), outputs(), parameters(), state() and
  // restore().
  virtual void load(const Dataset& training, const Dataset& test) = 0;

  // Trains one step for each learning rate: `order` holds batch_size indices into the training set
  // for each. At most most_steps_a_call steps, so that a signal or a deadline is met between calls.
  virtual std::vector<StepResult> train(std::span<const std::uint32_t> order,
                                        std::span<const float> learning_rates) = 0;

  // The step that train() would make of `batch` and this learning rate, to the bit, watched as it
  // is made: slower than one of many, since what is between its parts waits for them.
  virtual TimedStep train_timed(std::span<const std::uint32_t> batch, float learning_rate) = 0;

  // Over the whole test set, without dropout.
  virtual Score evaluate() = 0;

  // The logits, count x class_count, of any number of images (count x input pixels), without
  // dropout.
  virtual std::vector<float> infer(std::span<const std::uint8_t> images) = 0;

  // Makes `outputs` each layer's outputs, as in Probe, of any number of images, without dropout. It
  // is the caller's, who may give the same memory again.
  virtual void outputs(std::span<const std::uint8_t> images,
                       std::vector<std::vector<float>>& outputs) = 0;

  // A training step on `batch` (batch_size indices into the training set) with the next step's
  // dropout masks, up to and without the update.
  virtual Probe probe(std::span<const std::uint32_t> batch) = 0;

  virtual std::vector<float> parameters() const = 0;
  virtual TrainingState state() const = 0;
  virtual void restore(const TrainingState& state) = 0;
};

}  // namespace mnist
