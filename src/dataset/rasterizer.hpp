// Ink on paper: lines of a round pen as a grey image in MNIST's conventions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace mnist {

inline constexpr int image_side = 28;
inline constexpr int box_side = 20;

using DigitImage = std::array<std::uint8_t, image_side * image_side>;

// Where the pen was, and how thick its line was there. Units are the caller's: the image is scaled.
struct InkPoint {
  float x = 0;
  float y = 0;
  float radius = 0;       // above 0
  bool pen_down = false;  // whether the pen drew from the point before to here
};

// Scales the ink to fit a box of 20 x 20 pixels, keeping its proportions, draws it with grey edges
// `softness` pixels wide, and puts the box where the centre of mass is nearest to (14, 14), counted
// from pixel 0. 255 is full ink. `ink` has two points at least.
DigitImage draw(std::span<const InkPoint> ink, float softness);

}  // namespace mnist
