#include "picture/read_picture.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "picture/decode.hpp"
#include "picture/orientation.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_file_bytes = 256u << 20;
constexpr std::int64_t most_pixels = 50'000'000;

std::vector<std::uint8_t> bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes;
  std::array<char, 65536> buffer;
  while (file && bytes.size() <= most_file_bytes) {
    file.read(buffer.data(), buffer.size());
    bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + file.gcount());
  }
  if (bytes.size() > most_file_bytes)
    throw Undecodable("is longer than the " + std::to_string(most_file_bytes >> 20) +
                      " MiB that a picture may be");
  if (!file.eof())  // no file, a folder, a broken disk
    throw Undecodable("cannot be read: " + std::generic_category().message(errno));
  if (bytes.empty()) throw Undecodable("is empty; expected a picture");
  return bytes;
}

bool begins_with(FileBytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(), [](char letter, std::uint8_t byte) {
           return static_cast<std::uint8_t>(letter) == byte;
         });
}

GrayPicture gray_of(const ColorPicture& picture) {
  GrayPicture gray{picture.width, picture.height, {}};
  gray.pixels.reserve(picture.pixels.size() / 4);
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    const int sum = picture.pixels[i] + picture.pixels[i + 1] + picture.pixels[i + 2];
    const int alpha = picture.pixels[i + 3];
    gray.pixels.push_back(
        static_cast<std::uint8_t>(((sum + 1) / 3 * alpha + 255 * (255 - alpha) + 127) / 255));
  }
  return gray;
}

GrayPicture decoded(FileBytes bytes) {
  if (begins_with(bytes, "\x89PNG")) return gray_of(decode_png(bytes));
  if (begins_with(bytes, "\xff\xd8"))
    return upright(gray_of(decode_jpeg(bytes)), orientation_of(bytes));
  if (begins_with(bytes, "BM")) return gray_of(decode_bmp(bytes));
  throw Undecodable("is no picture that is read here; expected a PNG, JPEG or BMP");
}

}  // namespace

ColorPicture blank_color_picture(std::int64_t width, std::int64_t height) {
  if (width < 1 || height < 1 || width * height > most_pixels)
    throw Undecodable("declares " + std::to_string(width) + " x " + std::to_string(height) +
                      " pixels; expected 1 to " + std::to_string(most_pixels));
  return {static_cast<int>(width), static_cast<int>(height),
          std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 4))};
}

GrayPicture read_picture(const fs::path& path) {
  try {
    return decoded(bytes_of(path));
  } catch (const Undecodable& finding) {
    throw Error(ExitCode::data_damaged, path.string() + " " + finding.what(),
                "give a PNG, JPEG or BMP (a HEIC, WebP, GIF or PDF can be saved as one)");
  }
}

}  // namespace mnist
