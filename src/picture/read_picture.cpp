#include "picture/read_picture.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "picture/decode.hpp"
#include "picture/orientation.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_file_bytes = 256 << 20;
constexpr std::int64_t most_pixels = 50'000'000;

Undecodable unreadable() {
  return Undecodable("cannot be read: " + std::generic_category().message(errno));
}

std::vector<std::uint8_t> bytes_of(const fs::path& path) {
  // Opening a pipe would wait for somebody to write to it.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status)) throw unreadable();
  if (!S_ISREG(status.st_mode))
    throw Undecodable("is not a file, but a folder, a pipe or a device");
  if (status.st_size > most_file_bytes)
    throw Undecodable("is longer than the " + std::to_string(most_file_bytes >> 20) +
                      " MiB that a picture may be");
  if (status.st_size == 0) throw Undecodable("is empty; expected a picture");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ::ssize_t read = ::read(file.get(), &bytes[size], bytes.size() - size);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) throw unreadable();
    if (read == 0) break;  // somebody cuts it short
    size += static_cast<std::size_t>(read);
  }
  bytes.resize(size);
  return bytes;
}

bool begins_with(FileBytes bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::equal(text.begin(), text.end(), bytes.begin(), [](char letter, std::uint8_t byte) {
           return static_cast<std::uint8_t>(letter) == byte;
         });
}

int mean_color(const ColorPicture& picture, std::size_t pixel) {
  return (picture.pixels[pixel] + picture.pixels[pixel + 1] + picture.pixels[pixel + 2] + 1) / 3;
}

// What shows through. White, unless light ink on nothing would not be seen on it.
int ground_of(const ColorPicture& picture) {
  std::int64_t opaque = 0;
  std::int64_t light = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    opaque += picture.pixels[i + 3];
    light += picture.pixels[i + 3] * mean_color(picture, i) / 255;
  }
  const std::int64_t all = std::int64_t{255} * picture.width * picture.height;
  return 2 * opaque < all && 2 * light > opaque ? 0 : 255;
}

GrayPicture gray_of(const ColorPicture& picture) {
  const int ground = ground_of(picture);
  GrayPicture gray{picture.width, picture.height, {}};
  gray.pixels.reserve(picture.pixels.size() / 4);
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4) {
    const int alpha = picture.pixels[i + 3];
    gray.pixels.push_back(static_cast<std::uint8_t>(
        (mean_color(picture, i) * alpha + ground * (255 - alpha) + 127) / 255));
  }
  return gray;
}

GrayPicture decoded(FileBytes bytes) {
  if (begins_with(bytes, "\x89PNG"))
    return upright(gray_of(decode_png(bytes)), png_orientation(bytes));
  if (begins_with(bytes, "\xff\xd8"))
    return upright(gray_of(decode_jpeg(bytes)), jpeg_orientation(bytes));
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
