// Labelled images, as the IDX files hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/shape.hpp"

namespace mnist {

// One set of labelled grey images.
struct Dataset {
  Shape image;                       // {1, rows, columns}
  std::vector<std::uint8_t> pixels;  // size() * image.size(), row by row; 0 paper, 255 ink
  std::vector<std::uint8_t> labels;  // size(), each below class_count

  std::size_t size() const { return labels.size(); }
};

// The two sets that a run uses, and what they are. Both have images of one shape.
struct TrainingData {
  std::string name;    // "mnist", "synthetic", or "unknown" for a valid set of neither
  std::string sha256;  // of the four unpacked IDX files one after the other, in hexadecimal
  Dataset training;
  Dataset test;
};

}  // namespace mnist
