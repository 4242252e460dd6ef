// Pictures as cameras, scanners and paint programs leave them.
#pragma once

#include <filesystem>

#include "picture/gray_picture.hpp"

namespace mnist {

// Reads a PNG, JPEG or BMP of up to 50 million pixels, as it is meant to be seen: what is
// transparent is white, or black under light ink alone, and a camera that was held sideways is
// followed. Each pixel is the mean of
// its red, green and blue, to which no ink is fainter than another. Throws Error(data_damaged)
// where the file cannot be read, is no file but a pipe or such, is none of the three, is damaged,
// cut short or too large.
GrayPicture read_picture(const std::filesystem::path& path);

}  // namespace mnist
