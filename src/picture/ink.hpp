// The ink in a picture, told from paper, tables and shadows.
#pragma once

#include "picture/gray_picture.hpp"

namespace mnist {

// The digit in a picture, dark on light or light on dark, cut out, from 0 (paper) to 255 (ink).
// Without pixels where there is no ink.
GrayPicture digit_in_ink(const GrayPicture& picture);

}  // namespace mnist
