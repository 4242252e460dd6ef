// How many classes there are. C++17, shared with CUDA kernels.
#pragma once

namespace mnist {

// The digits 0 to 9: what every data set has labels for and every network has logits for.
inline constexpr int class_count = 10;

}  // namespace mnist
