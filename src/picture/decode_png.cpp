#include <png.h>

#include <string>

#include "picture/decode.hpp"

namespace mnist {
namespace {

// Frees what libpng holds for it.
struct PngImage : png_image {
  PngImage() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(this); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

Undecodable damaged(const PngImage& image) {
  return Undecodable(std::string("is a PNG that is damaged or cut short (") + image.message + ")");
}

}  // namespace

ColorPicture decode_png(FileBytes bytes) {
  PngImage image;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    throw damaged(image);
  ColorPicture picture = blank_color_picture(image.width, image.height);
  image.format = PNG_FORMAT_RGBA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // else sixteen bits are taken for linear light
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0)
    throw damaged(image);
  return picture;
}

}  // namespace mnist
