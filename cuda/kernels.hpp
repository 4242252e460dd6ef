// Our own kernels, each as the work of one of its threads: functions of an index that compile for
// host and device alike, so that tests run the very same code. C++17.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "base/class_count.hpp"
#include "base/host_device.hpp"
#include "network/adam.hpp"
#include "network/dropout.hpp"
#include "network/pixel.hpp"
#include "network/softmax.hpp"

namespace mnist::cuda {

// Where a queue of batches stands, in device memory. The first kernel of a batch copies `next` to
// `current`, all others read `current`, and the last but one of a step (the loss) sets `next`: no
// kernel reads what it writes, and the host need not come between.
struct Progress {
  std::uint32_t next = 0;        // the batch that comes next, of those in `order`
  std::uint32_t current = 0;     // the batch in hand
  std::uint32_t first_step = 0;  // the step that batch 0 is, for dropout
};

// A data set, and the order in which batches take its samples. Device memory but for the sizes.
struct Batches {
  const std::uint8_t* pixels = nullptr;
  const std::uint8_t* labels = nullptr;
  const std::uint32_t* order = nullptr;  // batch_size indices for each batch
  Progress* progress = nullptr;
  std::uint32_t batch_size = 0;
  std::uint32_t image_size = 0;  // pixels

  MNIST_HOST_DEVICE std::uint32_t sample(std::uint32_t batch, std::uint32_t image) const {
    return order[std::size_t{batch} * batch_size + image];
  }
};

// Each body below does piece `index` of count() pieces, which no order and no other piece may
// matter to. Indices have 32 bits, since GPUs divide 64 slowly; offsets into large arrays have 64.

// images[batch_size x image_size] of the next batch, from 0 to 1.
struct GatherImages {
  Batches batches;
  float* images = nullptr;

  std::size_t count() const { return std::size_t{batches.batch_size} * batches.image_size; }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    const std::uint32_t batch = batches.progress->next;
    if (index == 0) batches.progress->current = batch;
    const std::uint32_t image = index / batches.image_size;
    const std::uint32_t pixel = index % batches.image_size;
    images[index] = pixel_value(
        batches.pixels[std::size_t{batches.sample(batch, image)} * batches.image_size + pixel]);
  }
};

// Each image's loss, into its place in losses[batches x batch_size], and the gradient of `scale`
// times it with respect to the logits. The batch in hand is done with when this has run.
struct SoftmaxLoss {
  Batches batches;
  const float* logits = nullptr;  // batch_size x class_count
  float* grad_logits = nullptr;   // likewise; null in inference
  float scale = 1;
  SampleLoss* losses = nullptr;

  std::size_t count() const { return batches.batch_size; }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    const std::uint32_t batch = batches.progress->current;
    if (index == 0) batches.progress->next = batch + 1;
    const std::size_t first_logit = std::size_t{index} * class_count;
    losses[std::size_t{batch} * batches.batch_size + index] = softmax_cross_entropy(
        logits + first_logit, class_count, batches.labels[batches.sample(batch, index)], scale,
        grad_logits ? grad_logits + first_logit : nullptr);
  }
};

// One update of every parameter.
struct AdamUpdate {
  const float* gradients = nullptr;
  const float* rates = nullptr;  // adam_rate() of each batch
  const Progress* progress = nullptr;
  float* parameters = nullptr;
  float* first_moments = nullptr;
  float* second_moments = nullptr;
  std::size_t parameter_count = 0;

  std::size_t count() const { return parameter_count; }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    adam_update(gradients[index], rates[progress->current], parameters[index], first_moments[index],
                second_moments[index]);
  }
};

// output = input * (1 / keep where the mask of the step has a one, else 0): values forward,
// gradients backward. A piece is the values of one random block.
struct ApplyDropout {
  const float* input = nullptr;
  float* output = nullptr;
  std::size_t value_count = 0;
  const Progress* progress = nullptr;
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;
  float keep = 1;

  std::size_t count() const {
    return (value_count + dropout_values_per_block - 1) / dropout_values_per_block;
  }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    const RandomBlock bits =
        dropout_bits(seed, progress->first_step + progress->current, layer, index);
    const std::uint32_t threshold = dropout_threshold(keep);
    for (int place = 0; place < dropout_values_per_block; ++place) {
      const std::size_t value =
          std::size_t{index} * dropout_values_per_block + static_cast<std::size_t>(place);
      if (value < value_count)
        output[value] = input[value] * (dropout_keeps(bits, place, threshold) ? 1 / keep : 0.0f);
    }
  }
};

// The geometry of a pooling layer: images of `channels` planes, of input_height x input_width
// values on one side and output_height x output_width on the other.
struct PoolGeometry {
  std::uint32_t images_times_channels = 0;
  std::uint32_t window = 0;
  std::uint32_t input_height = 0;
  std::uint32_t input_width = 0;
  std::uint32_t output_height = 0;
  std::uint32_t output_width = 0;

  MNIST_HOST_DEVICE std::size_t input_index(std::uint32_t plane, std::uint32_t row,
                                            std::uint32_t column) const {
    return (std::size_t{plane} * input_height + row) * input_width + column;
  }
  MNIST_HOST_DEVICE std::size_t output_index(std::uint32_t plane, std::uint32_t row,
                                             std::uint32_t column) const {
    return (std::size_t{plane} * output_height + row) * output_width + column;
  }
};

// Of equal values the first in row order wins, and a NaN wins over all before it. `winners` get the
// winner's place in its window, row by row.
struct MaxPoolForward {
  PoolGeometry shape;
  const float* input = nullptr;
  float* output = nullptr;
  std::uint16_t* winners = nullptr;  // of output's size; null in inference

  std::size_t count() const {
    return std::size_t{shape.images_times_channels} * shape.output_height * shape.output_width;
  }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    const std::uint32_t window_column = index % shape.output_width;
    const std::uint32_t window_row = index / shape.output_width % shape.output_height;
    const std::uint32_t plane = index / shape.output_width / shape.output_height;
    const float* row =
        input + shape.input_index(plane, window_row * shape.window, window_column * shape.window);
    float largest = *row;
    std::uint32_t winner = 0;
    for (std::uint32_t place = 0; place < shape.window * shape.window; row += shape.input_width) {
      for (std::uint32_t column = 0; column < shape.window; ++column, ++place) {
        const float value = row[column];
        if (value > largest || value != value) {
          largest = value;
          winner = place;
        }
      }
    }
    output[index] = largest;
    if (winners) winners[index] = static_cast<std::uint16_t>(winner);
  }
};

// A piece is one value of the input: the gradient of the window that it won, else 0.
struct MaxPoolBackward {
  PoolGeometry shape;
  const float* grad_output = nullptr;
  const std::uint16_t* winners = nullptr;
  float* grad_input = nullptr;

  std::size_t count() const {
    return std::size_t{shape.images_times_channels} * shape.input_height * shape.input_width;
  }
  MNIST_HOST_DEVICE void operator()(std::uint32_t index) const {
    const std::uint32_t column = index % shape.input_width;
    const std::uint32_t row = index / shape.input_width % shape.input_height;
    const std::uint32_t plane = index / shape.input_width / shape.input_height;
    const std::uint32_t window_row = row / shape.window;
    const std::uint32_t window_column = column / shape.window;
    float gradient = 0;
    // Rows and columns that fill no window are beyond the last one.
    if (window_row < shape.output_height && window_column < shape.output_width) {
      const std::size_t window = shape.output_index(plane, window_row, window_column);
      const std::uint32_t place = row % shape.window * shape.window + column % shape.window;
      if (winners[window] == place) gradient = grad_output[window];
    }
    grad_input[index] = gradient;
  }
};

inline constexpr std::size_t most_pieces = 0xffffffff;

// Queues all pieces of a body on the stream; count() is from 1 to most_pieces. Returns what
// launching returned.
cudaError_t launch(const GatherImages& body, cudaStream_t stream);
cudaError_t launch(const SoftmaxLoss& body, cudaStream_t stream);
cudaError_t launch(const AdamUpdate& body, cudaStream_t stream);
cudaError_t launch(const ApplyDropout& body, cudaStream_t stream);
cudaError_t launch(const MaxPoolForward& body, cudaStream_t stream);
cudaError_t launch(const MaxPoolBackward& body, cudaStream_t stream);

}  // namespace mnist::cuda
