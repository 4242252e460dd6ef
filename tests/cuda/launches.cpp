// Stands in for kernels.cu: runs the same bodies, in an order of its own.
#include <algorithm>
#include <numeric>
#include <typeinfo>
#include <utility>

#include "cuda/answer.hpp"
#include "cuda/kernels.hpp"

namespace mnist::cuda {
namespace {

// All pieces, in groups whose order is another in each turn, and backwards within a group: as on a
// GPU, no kernel may count on any.
template <class Body>
void run_scrambled(const Body& body, std::uint64_t turn) {
  constexpr std::uint64_t group = 32;
  const std::uint64_t count = body.count();
  const std::uint64_t groups = (count + group - 1) / group;
  std::uint64_t stride = groups / 2 + turn % 7 + 1;
  while (std::gcd(stride, groups) != 1) ++stride;
  for (std::uint64_t i = 0, at = turn % groups; i < groups; ++i, at = (at + stride) % groups)
    for (std::uint64_t index = std::min(count, (at + 1) * group); index-- > at * group;)
      body(static_cast<std::uint32_t>(index));
}

template <class Value>
Operand array(const Value* values, std::size_t size, const char* name) {
  return {values, size * sizeof(Value), name};
}

// What each body is sure to touch; which batch of a queue and which images it does not say itself.
void add_operands(const Batches& batches, std::vector<Operand>& operands) {
  operands.push_back(array(batches.pixels, batches.image_size, "pixels"));
  operands.push_back(array(batches.order, batches.batch_size, "the order of samples"));
  operands.push_back(array(batches.progress, 1, "progress"));
}
std::vector<Operand> operands(const GatherImages& body) {
  std::vector<Operand> all{array(body.images, body.count(), "images")};
  add_operands(body.batches, all);
  return all;
}
std::vector<Operand> operands(const SoftmaxLoss& body) {
  const std::size_t logits = body.count() * class_count;
  std::vector<Operand> all{array(body.logits, logits, "logits"),
                           array(body.losses, body.count(), "losses"),
                           array(body.batches.labels, 1, "labels")};
  if (body.grad_logits) all.push_back(array(body.grad_logits, logits, "gradients of logits"));
  add_operands(body.batches, all);
  return all;
}
std::vector<Operand> operands(const AdamUpdate& body) {
  return {array(body.gradients, body.count(), "gradients"),
          array(body.parameters, body.count(), "parameters"),
          array(body.first_moments, body.count(), "first moments"),
          array(body.second_moments, body.count(), "second moments"),
          array(body.rates, 1, "rates"),
          array(body.progress, 1, "progress")};
}
std::vector<Operand> operands(const ApplyDropout& body) {
  return {array(body.input, body.value_count, "input"),
          array(body.output, body.value_count, "output"), array(body.progress, 1, "progress")};
}
std::vector<Operand> operands(const MaxPoolForward& body) {
  const std::uint32_t planes = body.shape.images_times_channels;
  std::vector<Operand> all{array(body.input, body.shape.input_index(planes, 0, 0), "input"),
                           array(body.output, body.count(), "output")};
  if (body.winners) all.push_back(array(body.winners, body.count(), "winners"));
  return all;
}
std::vector<Operand> operands(const MaxPoolBackward& body) {
  const std::size_t windows = body.shape.output_index(body.shape.images_times_channels, 0, 0);
  return {array(body.grad_output, windows, "gradients of outputs"),
          array(body.winners, windows, "winners"),
          array(body.grad_input, body.count(), "gradients of inputs")};
}

// What a body finds only when it runs: the samples that its batch names, and its place in the
// queue.
template <class Body>
void require_what_indices_name(const Body&, int /*gpu*/) {}

std::size_t samples_named(const Batches& batches, std::uint32_t batch, int gpu) {
  const std::uint32_t* first = batches.order + std::size_t{batch} * batches.batch_size;
  machine().memory.require_allocated(gpu, first, batches.batch_size * sizeof *first,
                                     "the order of a batch");
  return std::size_t{*std::max_element(first, first + batches.batch_size)} + 1;
}
void require_what_indices_name(const GatherImages& body, int gpu) {
  const Batches& batches = body.batches;
  machine().memory.require_allocated(
      gpu, batches.pixels, samples_named(batches, batches.progress->next, gpu) * batches.image_size,
      "the pixels of a sample");
}
void require_what_indices_name(const SoftmaxLoss& body, int gpu) {
  const Batches& batches = body.batches;
  const std::uint32_t batch = batches.progress->current;
  machine().memory.require_allocated(gpu, batches.labels, samples_named(batches, batch, gpu),
                                     "the label of a sample");
  machine().memory.require_allocated(gpu, body.losses + std::size_t{batch} * batches.batch_size,
                                     batches.batch_size * sizeof *body.losses,
                                     "the losses of a batch");
}
void require_what_indices_name(const AdamUpdate& body, int gpu) {
  machine().memory.require_allocated(gpu, body.rates + body.progress->current, sizeof *body.rates,
                                     "the rate of a batch");
}

template <class Body>
cudaError_t launch_all(const Body& body, cudaStream_t stream) {
  const cudaError_t status = answer<cudaError_t>("launch", [&](Machine& here) {
    require(body.count() > 0 && body.count() <= most_pieces, cudaErrorInvalidConfiguration,
            "a kernel of no pieces, or of too many");
    const auto run = [body, gpu = here.current_gpu(), turn = std::uint64_t{0}]() mutable {
      require_what_indices_name(body, gpu);
      run_scrambled(body, turn++);
    };
    here.submit(stream, {cudaGraphNodeTypeKernel, typeid(Body).name(), operands(body), run});
  });
  // As cudaGetLastError() does, which is how a launch is found to have failed.
  const cudaError_t before = std::exchange(machine().last_error, cudaSuccess);
  return before != cudaSuccess ? before : status;
}

}  // namespace

cudaError_t launch(const GatherImages& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const SoftmaxLoss& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const AdamUpdate& body, cudaStream_t stream) { return launch_all(body, stream); }
cudaError_t launch(const ApplyDropout& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const MaxPoolForward& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const MaxPoolBackward& body, cudaStream_t stream) {
  return launch_all(body, stream);
}

}  // namespace mnist::cuda
