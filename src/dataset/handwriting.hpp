// One handwritten digit: a way of writing it, and what hand, pen and paper make of it.
#pragma once

#include <cstdint>

#include "dataset/pen_strokes.hpp"
#include "dataset/rasterizer.hpp"

namespace mnist {

// Image `index` of sequence `set` of `digit`, a function of its arguments alone, on every
// processor: it uses integers and those operations on floats that IEEE 754 fixes to the last bit.
DigitImage write_digit(const Alphabet& alphabet, int digit, std::uint32_t set, std::uint32_t index);

}  // namespace mnist
