// Grey pictures as PNG.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mnist {

// The bytes of a PNG file of 8-bit grey `pixels`: width * height of them, row by row, 255 white.
std::string png_of(std::span<const std::uint8_t> pixels, int width, int height);

}  // namespace mnist
