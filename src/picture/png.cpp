#include "picture/png.hpp"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

#include <new>

namespace mnist {

std::string png_of(std::span<const std::uint8_t> pixels, int width, int height) {
  std::string file;
  const auto append = [](void* to, void* bytes, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes),
                                          static_cast<std::size_t>(size));
  };
  if (stbi_write_png_to_func(append, &file, width, height, 1, pixels.data(), width) == 0)
    throw std::bad_alloc();  // the one way in which it fails
  return file;
}

}  // namespace mnist
