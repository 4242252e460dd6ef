#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_BMP
#include <stb/stb_image.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "picture/decode.hpp"

namespace mnist {
namespace {

// Hands the decoder its bytes, and sees whether it wants more than there are, which it would take
// for black.
struct Reader {
  FileBytes rest;
  bool wanted_more = false;

  static int read(void* self, char* to, int size) {
    auto& reader = *static_cast<Reader*>(self);
    const std::size_t given = std::min(reader.rest.size(), static_cast<std::size_t>(size));
    if (given == 0) reader.wanted_more = true;
    std::memcpy(to, reader.rest.data(), given);
    reader.rest = reader.rest.subspan(given);
    return static_cast<int>(given);
  }
  static void skip(void* self, int size) {
    auto& reader = *static_cast<Reader*>(self);
    const auto wanted = static_cast<std::size_t>(std::max(0, size));
    reader.rest = reader.rest.subspan(std::min(reader.rest.size(), wanted));
  }
  static int at_end(void* self) { return static_cast<Reader*>(self)->rest.empty(); }
};

constexpr stbi_io_callbacks callbacks{Reader::read, Reader::skip, Reader::at_end};

struct Freed {
  void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
};

Undecodable damaged(const Reader& reader) {
  return Undecodable(reader.wanted_more
                         ? "is a BMP that is cut short"
                         : std::string("is a BMP that is damaged or of a kind that is not read (") +
                               stbi_failure_reason() + ")");
}

}  // namespace

ColorPicture decode_bmp(FileBytes bytes) {
  int width = 0;
  int height = 0;
  int channels = 0;
  Reader header{bytes};
  if (stbi_info_from_callbacks(&callbacks, &header, &width, &height, &channels) == 0)
    throw damaged(header);
  // Rows that are stored from the top are told by a negative height.
  ColorPicture picture = blank_color_picture(width, std::abs(std::int64_t{height}));
  Reader reader{bytes};
  const std::unique_ptr<stbi_uc, Freed> pixels(
      stbi_load_from_callbacks(&callbacks, &reader, &width, &height, &channels, /*wanted=*/4));
  if (!pixels || reader.wanted_more) throw damaged(reader);
  std::copy_n(pixels.get(), picture.pixels.size(), picture.pixels.begin());
  return picture;
}

}  // namespace mnist
