// Handwritten-looking digits made from pen strokes, for where no data can be had.
#pragma once

#include "dataset/dataset.hpp"

namespace mnist {

// 60,000 training and 10,000 test images of 28 x 28 in MNIST's conventions (20 x 20 box, centred by
// mass, white on black), each digit equally often in each set. The same bytes on every processor
// and for every number of threads, whatever the run's seed.
TrainingData synthetic_digits(int threads);

}  // namespace mnist
