#include <turbojpeg.h>

#include <memory>
#include <string>
#include <type_traits>

#include "picture/decode.hpp"

namespace mnist {
namespace {

struct Destroyed {
  void operator()(tjhandle decoder) const { tjDestroy(decoder); }
};
using Decoder = std::unique_ptr<std::remove_pointer_t<tjhandle>, Destroyed>;

// Of printing ink, which Adobe's programs store as what is left out of it.
void mix_inks(ColorPicture& picture) {
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    const int black = picture.pixels[i + 3];
    for (std::size_t color = i; color < i + 3; ++color)
      picture.pixels[color] = static_cast<std::uint8_t>(picture.pixels[color] * black / 255);
    picture.pixels[i + 3] = 255;
  }
}

}  // namespace

ColorPicture decode_jpeg(FileBytes bytes) {
  const Decoder decoder(tjInitDecompress());
  if (!decoder) throw std::bad_alloc();
  // What the library only warns of is damage, too: it takes what is missing for grey.
  const auto require = [&](int status) {
    if (status != 0)
      throw Undecodable(std::string("is a JPEG that is damaged, cut short or of a kind that is not "
                                    "read (") +
                        tjGetErrorStr2(decoder.get()) + ")");
  };
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colors = 0;
  require(tjDecompressHeader3(decoder.get(), bytes.data(), bytes.size(), &width, &height, &sampling,
                              &colors));
  ColorPicture picture = blank_color_picture(width, height);
  const bool inks = colors == TJCS_CMYK || colors == TJCS_YCCK;
  require(tjDecompress2(decoder.get(), bytes.data(), bytes.size(), picture.pixels.data(), width,
                        /*pitch=*/0, height, inks ? TJPF_CMYK : TJPF_RGBA, TJFLAG_LIMITSCANS));
  if (inks) mix_inks(picture);
  return picture;
}

}  // namespace mnist
