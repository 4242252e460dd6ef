// The ONNX format: a network as a graph of operators, for inference. https://onnx.ai
#pragma once

#include <string>

#include "exchange/model_file.hpp"

namespace mnist {

// A file of opset 13. Its input `image` is float, N x channels x height x width, 0 (paper) to 1
// (ink), of any number of images; its output `logits` is N x class_count. `metadata` go with it.
std::string to_onnx(const Metadata& metadata, const TrainedModel& model);

}  // namespace mnist
