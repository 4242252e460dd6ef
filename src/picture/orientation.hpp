// How a camera was held.
#pragma once

#include <cstdint>
#include <span>

#include "picture/gray_picture.hpp"

namespace mnist {

// The orientation that a file's Exif tells, 1 to 8; 1 (as it is) where it tells none that makes
// sense.
int jpeg_orientation(std::span<const std::uint8_t> jpeg);
int png_orientation(std::span<const std::uint8_t> png);

// A picture as its orientation, 1 to 8, wants it seen.
GrayPicture upright(GrayPicture picture, int orientation);

}  // namespace mnist
