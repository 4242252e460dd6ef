#include "picture/orientation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace mnist {
namespace {

using Bytes = std::span<const std::uint8_t>;

// Whole numbers at a place in bytes of anybody's; 0 beyond their end.
struct Numbers {
  Bytes bytes;
  bool little_endian = false;

  std::uint32_t at(std::size_t place, std::size_t size) const {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t next = little_endian ? place + size - 1 - i : place + i;
      number = number << 8 | (next < bytes.size() ? bytes[next] : std::uint32_t{0});
    }
    return number;
  }
};

bool begins_with(Bytes bytes, const char* text, std::size_t size) {
  return bytes.size() >= size && std::memcmp(bytes.data(), text, size) == 0;
}

// Exif 2.32, section 4.6: a TIFF file whose first directory has twelve bytes an entry.
int orientation_in_tiff(Bytes tiff) {
  constexpr std::uint32_t orientation_tag = 0x0112;
  const Numbers numbers{tiff, begins_with(tiff, "II", 2)};
  const std::size_t directory = numbers.at(4, 4);
  const std::uint32_t entries = numbers.at(directory, 2);
  for (std::size_t entry = 0; entry < entries; ++entry) {
    const std::size_t place = directory + 2 + 12 * entry;
    if (numbers.at(place, 2) != orientation_tag) continue;
    const std::uint32_t orientation = numbers.at(place + 8, 2);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

}  // namespace

int jpeg_orientation(Bytes jpeg) {
  constexpr std::uint32_t start_of_scan = 0xffda;
  constexpr std::uint32_t application_1 = 0xffe1;
  const Numbers numbers{jpeg};
  std::size_t place = 2;  // behind the start of the image
  while (place + 4 <= jpeg.size() && numbers.at(place, 1) == 0xff) {
    const std::uint32_t marker = numbers.at(place, 2);
    const std::size_t size =
        std::min<std::size_t>(numbers.at(place + 2, 2), jpeg.size() - place - 2);
    if (marker == start_of_scan) break;
    const Bytes segment = jpeg.subspan(place + 2, size);
    if (marker == application_1 && segment.size() >= 8 &&
        begins_with(segment.subspan(2), "Exif\0\0", 6))
      return orientation_in_tiff(segment.subspan(8));
    place += 2 + size;
  }
  return 1;
}

// Behind a signature of eight bytes, each chunk has its length, its name, as much data, and a sum.
int png_orientation(Bytes png) {
  const Numbers numbers{png};
  std::size_t place = 8;
  while (place + 8 <= png.size()) {
    const Bytes chunk = png.subspan(place + 4);
    const std::size_t size = std::min<std::size_t>(numbers.at(place, 4), chunk.size() - 4);
    if (begins_with(chunk, "eXIf", 4)) return orientation_in_tiff(chunk.subspan(4, size));
    place += 12 + size;
  }
  return 1;
}

GrayPicture upright(GrayPicture picture, int orientation) {
  if (orientation == 1) return picture;
  // From 5 on, its rows are columns; what is then mirrored:
  const bool swapped = orientation >= 5;
  const bool right_to_left =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool bottom_to_top =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  GrayPicture seen{
      swapped ? picture.height : picture.width, swapped ? picture.width : picture.height, {}};
  seen.pixels.reserve(picture.pixels.size());
  for (int y = 0; y < seen.height; ++y)
    for (int x = 0; x < seen.width; ++x) {
      int column = swapped ? y : x;
      int row = swapped ? x : y;
      if (right_to_left) column = picture.width - 1 - column;
      if (bottom_to_top) row = picture.height - 1 - row;
      seen.pixels.push_back(
          picture.pixels[static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.width) +
                         static_cast<std::size_t>(column)]);
    }
  return seen;
}

}  // namespace mnist
