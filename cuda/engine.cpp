#include "cuda/engine.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include "cuda/chain.hpp"
#include "cuda/gpu_timer.hpp"
#include "cuda/recording.hpp"
#include "engine/contract.hpp"

namespace mnist::cuda {
namespace {

// How many images an evaluation takes through the network at once: enough to fill a large GPU, and
// few enough that the largest layer's outputs are tens of megabytes.
constexpr std::size_t images_at_once = 1000;

// A data set on the GPU.
struct DeviceSet {
  DeviceArray<std::uint8_t> pixels;
  DeviceArray<std::uint8_t> labels;
};

// Batches that wait for the GPU: which samples each has, where the queue stands, and what came of
// each sample.
struct Queue {
  Queue(const Context& context, std::size_t batch_size, std::size_t most_batches)
      : order(context.allocate<std::uint32_t>(batch_size * most_batches, "the order of samples")),
        losses(context.allocate<SampleLoss>(batch_size * most_batches, "the losses of samples")),
        progress(context.allocate<Progress>(1, "the progress of a queue")) {}

  DeviceArray<std::uint32_t> order;
  DeviceArray<SampleLoss> losses;
  DeviceArray<Progress> progress;
};

class CudaEngine final : public StreamEngine {
 public:
  CudaEngine(const EngineConfig& config, int gpu, const Libraries& libraries)
      : network_(config.network),
        batch_size_(static_cast<std::size_t>(config.batch_size)),
        context_(gpu, config.precision, libraries),
        parameters_(parameter_array("the parameters")),
        gradients_(parameter_array("the gradients")),
        first_moments_(parameter_array("the first moments")),
        second_moments_(parameter_array("the second moments")),
        rates_(context_.allocate<float>(most_steps_a_call, "the learning rates")),
        training_queue_(context_, batch_size_, most_steps_a_call),
        inference_queue_(context_, images_at_once, 1),
        inference_images_{context_.allocate<std::uint8_t>(images_at_once * network_.input.size(),
                                                          "the images of an inference"),
                          {}},
        training_chain_({.network = network_,
                         .mode = Mode::training,
                         .batch_size = config.batch_size,
                         .context = context_,
                         .parameters = parameters_.data(),
                         .gradients = gradients_.data(),
                         .progress = training_queue_.progress.data(),
                         .seed = config.seed}),
        inference_chain_({.network = network_,
                          .mode = Mode::inference,
                          .batch_size = static_cast<int>(images_at_once),
                          .context = context_,
                          .parameters = parameters_.data()}),
        host_order_(batch_size_ * most_steps_a_call),
        host_rates_(most_steps_a_call),
        host_losses_(batch_size_ * most_steps_a_call) {
    upload_in_order(inference_queue_, images_at_once);
    context_.synchronize();
  }

  cudaStream_t stream() const override { return context_.stream(); }

  Description describe() const override {
    Description description;
    description.engine = "cuda";
    description.device = context_.gpu_name();
    description.libraries = context_.library_versions();
    for (const auto* recording : {&step_recording_, &evaluation_recording_, &timed_recording_}) {
      if (!*recording) continue;
      if (!description.recording.empty()) description.recording += ", ";
      description.recording += (*recording)->summary();
      for (const std::string& node : (*recording)->nodes())
        description.recorded.push_back((*recording)->name() + ": " + node);
    }
    return description;
  }

  void load(const Dataset& training, const Dataset& test) override {
    require_images_of(network_, training);
    require_images_of(network_, test);
    context_.make_current();
    step_recording_.reset();
    evaluation_recording_.reset();
    timed_recording_.reset();
    training_size_ = training.size();
    training_set_ = upload_set(training, "the training images");
    test_set_ = upload_set(test, "the test images");
    const std::size_t test_batches = (test.size() + images_at_once - 1) / images_at_once;
    test_queue_.emplace(context_, images_at_once, test_batches);
    upload_in_order(*test_queue_, test.size());
    test_losses_.resize(test.size());
    record();
  }

  std::vector<StepResult> train(std::span<const std::uint32_t> order,
                                std::span<const float> learning_rates) override {
    const std::size_t steps = learning_rates.size();
    require_loaded(training_size_);
    require_steps(order, steps, batch_size_);
    require_samples_of(training_size_, order);
    context_.make_current();
    start_training_queue(order, learning_rates);
    for (std::size_t step = 0; step < steps; ++step) step_recording_->replay();
    const std::span<const SampleLoss> losses = finish_training_queue(order.size());
    step_ += steps;
    std::vector<StepResult> results;
    for (std::size_t step = 0; step < steps; ++step)
      results.push_back(step_result(losses.subspan(step * batch_size_, batch_size_)));
    return results;
  }

  // Recorded when it is first asked for, beside the step without its clock.
  TimedStep train_timed(std::span<const std::uint32_t> batch, float learning_rate) override {
    require_loaded(training_size_);
    require_steps(batch, 1, batch_size_);
    require_samples_of(training_size_, batch);
    context_.make_current();
    if (!timed_recording_) {
      part_timer_.emplace(context_.stream(), 2 * network_.layers.size() + 3);
      timed_recording_.emplace("timed step", context_, [this] { timed_train_step(); });
    }
    start_training_queue(batch, std::span(&learning_rate, 1));
    timed_recording_->replay();
    const std::span<const SampleLoss> losses = finish_training_queue(batch_size_);
    ++step_;
    return {step_result(losses), part_timer_->parts()};
  }

  Score evaluate() override {
    require_loaded(test_losses_.size());
    context_.make_current();
    restart(*test_queue_);
    for (std::size_t first = 0; first < test_losses_.size(); first += images_at_once)
      evaluation_recording_->replay();
    context_.download(test_queue_->losses, std::span(test_losses_), "the losses of test images");
    context_.synchronize();
    return score(test_losses_);
  }

  std::vector<float> infer(std::span<const std::uint8_t> images) override {
    std::vector<float> logits(images.size() / network_.input.size() * class_count);
    infer_all(images, [&](std::size_t first, std::size_t count) {
      context_.download(inference_chain_.logits(),
                        std::span(logits).subspan(first * class_count, count * class_count),
                        "logits");
      context_.synchronize();
    });
    return logits;
  }

  void outputs(std::span<const std::uint8_t> images,
               std::vector<std::vector<float>>& outputs) override {
    resize_outputs(network_, images.size() / network_.input.size(), outputs);
    infer_all(images, [&](std::size_t first, std::size_t count) {
      inference_chain_.copy_outputs(outputs_of(network_, first, count, outputs));
    });
  }

  Probe probe(std::span<const std::uint32_t> batch) override {
    require_loaded(training_size_);
    require_batch(batch, batch_size_);
    require_samples_of(training_size_, batch);
    context_.make_current();
    start_training_queue(batch, {});
    differentiate();
    Probe probe;
    probe.logits.resize(batch_size_ * class_count);
    probe.gradients.resize(network_.parameter_count);
    context_.download(training_chain_.logits(), std::span(probe.logits), "logits");
    context_.download(gradients_, std::span(probe.gradients), "the gradients");
    probe.loss = step_result(finish_training_queue(batch_size_)).loss;
    resize_outputs(network_, batch_size_, probe.outputs);
    training_chain_.copy_outputs(outputs_of(network_, 0, batch_size_, probe.outputs));
    return probe;
  }

  std::vector<float> parameters() const override { return copy(parameters_); }

  TrainingState state() const override {
    return {step_, copy(parameters_), copy(first_moments_), copy(second_moments_)};
  }

  void restore(const TrainingState& state) override {
    require_state_of(network_, state);
    context_.make_current();
    constexpr auto what = "the state of training";
    context_.upload(state.parameters, parameters_, what);
    context_.upload(state.first_moments, first_moments_, what);
    context_.upload(state.second_moments, second_moments_, what);
    context_.synchronize();
    step_ = state.step;
  }

 private:
  DeviceArray<float> parameter_array(std::string_view what) const {
    return context_.allocate<float>(network_.parameter_count, what);
  }

  std::vector<float> copy(const DeviceArray<float>& array) const {
    context_.make_current();
    std::vector<float> values(array.size());
    context_.download(array, std::span(values), "the state of training");
    context_.synchronize();
    return values;
  }

  DeviceSet upload_set(const Dataset& set, std::string_view what) const {
    DeviceSet uploaded{context_.allocate<std::uint8_t>(set.pixels.size(), what),
                       context_.allocate<std::uint8_t>(set.labels.size(), "labels")};
    context_.upload(set.pixels, uploaded.pixels, what);
    context_.upload(set.labels, uploaded.labels, "labels");
    context_.synchronize();
    return uploaded;
  }

  // Samples 0, 1, 2, ... to count - 1; where they do not fill the last batch, it repeats the last.
  void upload_in_order(const Queue& queue, std::size_t count) const {
    std::vector<std::uint32_t> order(queue.order.size(), static_cast<std::uint32_t>(count - 1));
    std::iota(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), 0u);
    context_.upload(order, queue.order, "the order of samples");
    context_.synchronize();
  }

  // Batch 0 comes next, and is step `first_step`.
  void restart(const Queue& queue, std::uint64_t first_step = 0) const {
    const Progress start{.first_step = static_cast<std::uint32_t>(first_step)};
    context_.upload(std::span(&start, 1), queue.progress, "the progress of a queue");
  }

  void start_training_queue(std::span<const std::uint32_t> order,
                            std::span<const float> learning_rates) {
    restart(training_queue_, step_);
    std::ranges::copy(order, host_order_.values().begin());
    context_.upload(host_order_.values().first(order.size()), training_queue_.order,
                    "the order of samples");
    for (std::size_t i = 0; i < learning_rates.size(); ++i)
      host_rates_.values()[i] = adam_rate(learning_rates[i], step_ + i + 1);
    context_.upload(host_rates_.values().first(learning_rates.size()), rates_,
                    "the learning rates");
  }

  // Waits until all is done, for what came of the first `count` samples.
  std::span<const SampleLoss> finish_training_queue(std::size_t count) const {
    const std::span<SampleLoss> losses = host_losses_.values().first(count);
    context_.download(training_queue_.losses, losses, "the losses of samples");
    context_.synchronize();
    return losses;
  }

  // Queues the images through the network, a batch at a time; take(first image, count), which waits
  // for the GPU, is called after each.
  template <class Take>
  void infer_all(std::span<const std::uint8_t> images, const Take& take) const {
    require_whole_images(network_, images);
    context_.make_current();
    const std::size_t image_size = network_.input.size();
    const std::size_t image_count = images.size() / image_size;
    for (std::size_t first = 0; first < image_count; first += images_at_once) {
      const std::size_t count = std::min(images_at_once, image_count - first);
      context_.upload(images.subspan(first * image_size, count * image_size),
                      inference_images_.pixels, "images");
      restart(inference_queue_);
      gather(inference_queue_, inference_images_, inference_chain_);
      inference_chain_.forward();
      take(first, count);
    }
  }

  Batches batches(const Queue& queue, const DeviceSet& set, const Chain& chain) const {
    return {.pixels = set.pixels.data(),
            .labels = set.labels.data(),
            .order = queue.order.data(),
            .progress = queue.progress.data(),
            .batch_size = static_cast<std::uint32_t>(chain.batch_size()),
            .image_size = static_cast<std::uint32_t>(network_.input.size())};
  }

  void gather(const Queue& queue, const DeviceSet& set, const Chain& chain) const {
    check(launch(GatherImages{batches(queue, set, chain), chain.input()}, context_.stream()),
          "launching the gathering of a batch");
  }

  // In training also the gradients of the batch's mean loss.
  void take_losses(const Queue& queue, const DeviceSet& set, const Chain& chain) const {
    check(launch(SoftmaxLoss{.batches = batches(queue, set, chain),
                             .logits = chain.logits(),
                             .grad_logits = chain.grad_logits(),
                             .scale = 1 / static_cast<float>(chain.batch_size()),
                             .losses = queue.losses.data()},
                 context_.stream()),
          "launching the loss");
  }

  // The whole of a training step is these two: from the samples to the gradients, and the update.
  void differentiate(const PartDone& done = {}) const {
    gather(training_queue_, training_set_, training_chain_);
    if (done) done(step_parts::gather);
    training_chain_.forward(done);
    take_losses(training_queue_, training_set_, training_chain_);
    if (done) done(step_parts::loss);
    training_chain_.backward(done);
  }

  void update() const {
    check(launch(AdamUpdate{.gradients = gradients_.data(),
                            .rates = rates_.data(),
                            .progress = training_queue_.progress.data(),
                            .parameters = parameters_.data(),
                            .first_moments = first_moments_.data(),
                            .second_moments = second_moments_.data(),
                            .parameter_count = network_.parameter_count},
                 context_.stream()),
          "launching Adam's update");
  }

  void train_step() const {
    differentiate();
    update();
  }

  void timed_train_step() {
    part_timer_->start();
    differentiate([this](const std::string& part) { part_timer_->end_part(part); });
    update();
    part_timer_->end_part(step_parts::update);
  }

  void evaluate_batch() const {
    gather(*test_queue_, test_set_, inference_chain_);
    inference_chain_.forward();
    take_losses(*test_queue_, test_set_, inference_chain_);
  }

  // Both run once before, as Recording asks; the state of training is as it was afterwards.
  void record() {
    const TrainingState before = state();
    const std::vector<std::uint32_t> first_image_only(batch_size_, 0);
    start_training_queue(first_image_only, std::array{0.0f});
    train_step();
    restart(*test_queue_);
    evaluate_batch();
    context_.synchronize();
    restore(before);
    step_recording_.emplace("step", context_, [this] { train_step(); });
    evaluation_recording_.emplace("evaluation", context_, [this] { evaluate_batch(); });
  }

  const NetworkPlan network_;
  const std::size_t batch_size_;
  const Context context_;
  DeviceArray<float> parameters_;
  DeviceArray<float> gradients_;
  DeviceArray<float> first_moments_;
  DeviceArray<float> second_moments_;
  DeviceArray<float> rates_;  // adam_rate() of each queued step
  const Queue training_queue_;
  const Queue inference_queue_;
  const DeviceSet inference_images_;  // without labels
  const Chain training_chain_;
  const Chain inference_chain_;
  const PinnedArray<std::uint32_t> host_order_;
  const PinnedArray<float> host_rates_;
  const PinnedArray<SampleLoss> host_losses_;

  // Of load().
  DeviceSet training_set_;
  DeviceSet test_set_;
  std::size_t training_size_ = 0;
  std::optional<Queue> test_queue_;
  std::vector<SampleLoss> test_losses_;
  std::optional<Recording> step_recording_;
  std::optional<Recording> evaluation_recording_;
  std::optional<PartTimer> part_timer_;
  std::optional<Recording> timed_recording_;

  std::uint64_t step_ = 0;
};

}  // namespace

std::unique_ptr<StreamEngine> make_engine(const EngineConfig& config, int gpu,
                                          const Libraries& libraries) {
  return std::make_unique<CudaEngine>(config, gpu, libraries);
}

}  // namespace mnist::cuda
