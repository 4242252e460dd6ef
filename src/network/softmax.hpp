// Softmax cross-entropy of one sample. C++17, shared with CUDA kernels.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace mnist {

struct SampleLoss {
  float loss;    // -log softmax(logits)[label]
  bool correct;  // the first of the largest logits is the label's
};

// Also writes the gradient of scale * loss with respect to each logit, where `gradient` is not
// null: scale * (softmax(logits) - onehot(label)). `logits` and `gradient` may not overlap. A NaN
// among the logits makes the loss NaN.
MNIST_HOST_DEVICE inline SampleLoss softmax_cross_entropy(const float* logits, int classes,
                                                          int label, float scale, float* gradient) {
  int largest = 0;
  for (int i = 1; i < classes; ++i)
    if (logits[i] > logits[largest]) largest = i;
  // Less the largest logit, so that exp cannot overflow; the quotient is the same.
  float sum = 0;
  for (int i = 0; i < classes; ++i) sum += expf(logits[i] - logits[largest]);
  const float log_sum = logf(sum);
  if (gradient) {
    for (int i = 0; i < classes; ++i) {
      const float probability = expf(logits[i] - logits[largest]) / sum;
      gradient[i] = scale * (probability - (i == label ? 1.0f : 0.0f));
    }
  }
  return {log_sum - (logits[label] - logits[largest]), largest == label};
}

}  // namespace mnist
