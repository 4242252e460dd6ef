#include "cpu/cpu_engine.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/stopwatch.hpp"
#include "cpu/chain.hpp"
#include "cpu/onednn.hpp"
#include "cpu/team.hpp"
#include "cpu/vectorized.hpp"
#include "engine/contract.hpp"
#include "network/adam.hpp"
#include "network/pixel.hpp"
#include "network/softmax.hpp"

namespace mnist {
namespace {

using namespace cpu;

MNIST_LOOP void scale_pixels(const std::uint8_t* pixels, std::size_t count, float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = pixel_value(pixels[i]);
}

MNIST_LOOP void update(const float* gradients, std::size_t count, float rate, float* parameters,
                       float* first_moments, float* second_moments) {
  for (std::size_t i = 0; i < count; ++i)
    adam_update(gradients[i], rate, parameters[i], first_moments[i], second_moments[i]);
}

// How many images a member takes through the network at once in inference: so many that a layer's
// input and output stay in the second-level cache, and enough to keep the matrix products busy;
// with very many members fewer, for the sake of memory.
std::size_t images_at_once(const NetworkPlan& network, std::size_t members) {
  constexpr std::size_t cache_share = 1 << 20;
  constexpr std::size_t most_in_all = 4096;
  std::size_t largest = network.input.size();
  for (const PlannedLayer& layer : network.layers)
    largest = std::max(largest, layer.input.size() + layer.output.size());
  const auto fitting = std::clamp<std::size_t>(cache_share / (largest * sizeof(float)), 16, 250);
  return std::clamp<std::size_t>(most_in_all / members, 1, fitting);
}

// The same where there are a hundred images: as many for each member, in as few batches.
std::size_t images_at_once_of_few(const NetworkPlan& network, std::size_t members) {
  const auto parts = [](std::size_t of, std::size_t size) { return (of + size - 1) / size; };
  const std::size_t of_a_member = parts(100, members);
  return parts(of_a_member, parts(of_a_member, images_at_once(network, members)));
}

class CpuEngine final : public Engine {
 public:
  CpuEngine(const EngineConfig& config, int threads)
      : network_(config.network),
        batch_size_(static_cast<std::size_t>(config.batch_size)),
        team_(threads),
        parameters_(network_.parameter_count),
        gradients_(network_.parameter_count),
        first_moments_(network_.parameter_count),
        second_moments_(network_.parameter_count),
        sample_losses_(batch_size_) {
    // Built by a member, since oneDNN settles how many threads a primitive uses when it is made.
    team_.run([&](int member) {
      if (member == 0)
        training_chain_.emplace(ChainConfig{network_, Mode::training, batch_size_, team_,
                                            parameters_.data(), gradients_.data(), config.seed});
      if (member == threads - 1)
        inference_chain_.emplace(inference_of(images_at_once(network_, members()) * members()));
    });
  }

  Description describe() const override {
    Description description;
    description.engine = "cpu";
    description.device = "CPU";
    description.libraries = {onednn_version()};
    description.threads = team_.size();
    description.instruction_set = instruction_set();
    return description;
  }

  void load(const Dataset& training, const Dataset& test) override {
    require_images_of(network_, training);
    require_images_of(network_, test);
    training_ = training;
    test_ = test;
  }

  std::vector<StepResult> train(std::span<const std::uint32_t> order,
                                std::span<const float> learning_rates) override {
    const std::size_t steps = learning_rates.size();
    require_loaded(training_.size());
    require_steps(order, steps, batch_size_);
    require_samples_of(training_.size(), order);
    std::vector<StepResult> results(steps);
    team_.run([&](int member) {
      for (std::size_t i = 0; i < steps; ++i)
        take_step(member, order.subspan(i * batch_size_, batch_size_), learning_rates[i], step_ + i,
                  results[i]);
    });
    step_ += steps;
    return results;
  }

  // As the first member sees it.
  TimedStep train_timed(std::span<const std::uint32_t> batch, float learning_rate) override {
    require_loaded(training_.size());
    require_steps(batch, 1, batch_size_);
    require_samples_of(training_.size(), batch);
    TimedStep timed;
    team_.run([&](int member) {
      const Stopwatch watch;
      double start = 0;
      const PartDone note = [&](const std::string& part) {
        const double end = watch.seconds();
        timed.parts.push_back({part, start, end - start});
        start = end;
      };
      take_step(member, batch, learning_rate, step_, timed.result, member == 0 ? note : PartDone());
    });
    ++step_;
    return timed;
  }

  Score evaluate() override {
    require_loaded(test_.size());
    std::vector<SampleLoss> losses(test_.size());
    infer_all(*inference_chain_, test_.pixels, [&](std::size_t image, std::size_t place) {
      losses[image] = softmax_cross_entropy(inference_chain_->logits() + place * class_count,
                                            class_count, test_.labels[image], 1, nullptr);
    });
    return score(losses);
  }

  std::vector<float> infer(std::span<const std::uint8_t> images) override {
    require_whole_images(network_, images);
    std::vector<float> all(images.size() / network_.input.size() * class_count);
    infer_all(*inference_chain_, images, [&](std::size_t image, std::size_t place) {
      std::copy_n(inference_chain_->logits() + place * class_count, class_count,
                  all.begin() + static_cast<std::ptrdiff_t>(image * class_count));
    });
    return all;
  }

  void outputs(std::span<const std::uint8_t> images,
               std::vector<std::vector<float>>& outputs) override {
    require_whole_images(network_, images);
    resize_outputs(network_, images.size() / network_.input.size(), outputs);
    if (!few_images_chain_)
      team_.run([&](int member) {
        if (member == 0)
          few_images_chain_.emplace(
              inference_of(images_at_once_of_few(network_, members()) * members()));
      });
    infer_all(*few_images_chain_, images, [&](std::size_t image, std::size_t place) {
      few_images_chain_->copy_outputs(place, 1, outputs_of(network_, image, 1, outputs));
    });
  }

  Probe probe(std::span<const std::uint32_t> batch) override {
    require_loaded(training_.size());
    require_batch(batch, batch_size_);
    require_samples_of(training_.size(), batch);
    team_.run([&](int member) {
      differentiate(member, batch, step_, {});
      team_.meet();
      training_chain_->sum_gradients(member);
    });
    const float* logits = training_chain_->logits();
    std::vector<std::vector<float>> outputs;
    resize_outputs(network_, batch_size_, outputs);
    training_chain_->copy_outputs(0, batch_size_, outputs_of(network_, 0, batch_size_, outputs));
    return {.loss = batch_result().loss,
            .logits = {logits, logits + batch_size_ * class_count},
            .outputs = std::move(outputs),
            .gradients = {gradients_.data(), gradients_.data() + gradients_.size()}};
  }

  std::vector<float> parameters() const override { return copy(parameters_); }

  TrainingState state() const override {
    return {step_, copy(parameters_), copy(first_moments_), copy(second_moments_)};
  }

  void restore(const TrainingState& state) override {
    require_state_of(network_, state);
    step_ = state.step;
    std::copy(state.parameters.begin(), state.parameters.end(), parameters_.data());
    std::copy(state.first_moments.begin(), state.first_moments.end(), first_moments_.data());
    std::copy(state.second_moments.begin(), state.second_moments.end(), second_moments_.data());
  }

 private:
  std::size_t members() const { return static_cast<std::size_t>(team_.size()); }

  ChainConfig inference_of(std::size_t images) {
    return {network_, Mode::inference, images, team_, parameters_.data(), nullptr, 0};
  }

  static std::vector<float> copy(const Buffer<float>& buffer) {
    return {buffer.data(), buffer.data() + buffer.size()};
  }

  // The member's share of step number `step`; the first member writes the result.
  void take_step(int member, std::span<const std::uint32_t> batch, float learning_rate,
                 std::uint64_t step, StepResult& result, const PartDone& done = {}) {
    differentiate(member, batch, step, done);
    team_.meet();
    if (done) done(step_parts::wait);
    if (member == 0) result = batch_result();
    training_chain_->sum_gradients(member, done);
    update_parameters(member, adam_rate(learning_rate, step + 1));
    if (done) done(step_parts::update);
    team_.meet();
  }

  // As far as the member can go without the others: from the images to the gradients of its own
  // samples.
  void differentiate(int member, std::span<const std::uint32_t> batch, std::uint64_t step,
                     const PartDone& done) {
    Chain& chain = *training_chain_;
    const std::size_t pixels = network_.input.size();
    const auto [first, count] = chain.share(member);
    chain.take_parameters(member);
    for (std::size_t i = first; i < first + count; ++i)
      vectorized<scale_pixels>(training_.pixels.data() + batch[i] * pixels, pixels,
                               chain.input() + i * pixels);
    if (done) done(step_parts::gather);
    chain.forward(member, static_cast<std::uint32_t>(step), done);
    for (std::size_t i = first; i < first + count; ++i)
      sample_losses_[i] = softmax_cross_entropy(
          chain.logits() + i * class_count, class_count, training_.labels[batch[i]],
          1 / static_cast<float>(batch_size_), chain.grad_logits() + i * class_count);
    if (done) done(step_parts::loss);
    chain.backward(member, done);
  }

  StepResult batch_result() const {
    return step_result({sample_losses_.data(), sample_losses_.size()});
  }

  void update_parameters(int member, float rate) {
    for (const auto& [offset, size] : training_chain_->parts(member))
      vectorized<update>(static_cast<const float*>(gradients_.data() + offset), size, rate,
                         parameters_.data() + offset, first_moments_.data() + offset,
                         second_moments_.data() + offset);
  }

  // Calls take(image, its place in the chain's batch) for each, on the member that computed it.
  template <class Take>
  void infer_all(Chain& chain, std::span<const std::uint8_t> images, const Take& take) {
    const std::size_t pixels = network_.input.size();
    const std::size_t image_count = images.size() / pixels;
    team_.run([&](int member) {
      chain.take_parameters(member);
      const auto [own_first, own_count] = chain.share(member);
      // The last batch may be short: its other images are those of the batch before.
      for (std::size_t first = own_first; first < image_count; first += chain.batch_size()) {
        const std::size_t count = std::min(own_count, image_count - first);
        vectorized<scale_pixels>(images.data() + first * pixels, count * pixels,
                                 chain.input() + own_first * pixels);
        chain.forward(member, 0);
        for (std::size_t i = 0; i < count; ++i) take(first + i, own_first + i);
      }
    });
  }

  const NetworkPlan network_;
  const std::size_t batch_size_;
  Team team_;
  Buffer<float> parameters_;
  Buffer<float> gradients_;
  Buffer<float> first_moments_;
  Buffer<float> second_moments_;
  Buffer<SampleLoss> sample_losses_;  // of the batch in hand
  std::optional<Chain> training_chain_;
  std::optional<Chain> inference_chain_;
  std::optional<Chain> few_images_chain_;  // built when it is first needed
  Dataset training_;
  Dataset test_;
  std::uint64_t step_ = 0;
};

}  // namespace

std::unique_ptr<Engine> make_cpu_engine(const EngineConfig& config, int threads) {
  return std::make_unique<CpuEngine>(config, threads);
}

}  // namespace mnist
