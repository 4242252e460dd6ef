#include "picture/read_picture.hpp"

#include <gmock/gmock.h>
#include <png.h>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "picture/orientation.hpp"
#include "picture/png.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int width = 24;
constexpr int height = 16;

// Left half white, right half black, and the upper left quarter red: its gray is 85.
std::vector<std::uint8_t> sample(int channels) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const bool red = x < width / 2 && y < height / 2;
      const std::uint8_t other = x < width / 2 && !red ? 255 : 0;
      const std::uint8_t colors[] = {red ? std::uint8_t{255} : other, other, other, 255};
      pixels.insert(pixels.end(), colors, colors + channels);
    }
  return pixels;
}

std::string png(std::uint32_t format, const void* pixels, const void* colors = nullptr) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  image.colormap_entries = 3;
  png_alloc_size_t size = 100'000;
  std::string file(size, '\0');
  EXPECT_NE(png_image_write_to_memory(&image, file.data(), &size, 0, pixels, 0, colors), 0);
  file.resize(size);
  return file;
}

std::string png_with_palette() {
  std::vector<std::uint8_t> indices;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) indices.push_back(x >= width / 2 ? 0 : y < height / 2 ? 1 : 2);
  const std::uint8_t colors[] = {0, 0, 0, 255, 0, 0, 255, 255, 255};
  return png(PNG_FORMAT_RGB_COLORMAP, indices.data(), colors);
}

// As scanners write it, without a word on colours.
std::string png_of_16_bits() {
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(writer);
  std::string file;
  const auto append = [](png_structp to, png_bytep bytes, std::size_t size) {
    static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<char*>(bytes), size);
  };
  png_set_write_fn(writer, &file, append, nullptr);
  png_set_IHDR(writer, info, width, height, 16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer, info);
  const std::vector<std::uint8_t> colors = sample(3);
  for (std::size_t y = 0; y < height; ++y) {
    std::vector<std::uint8_t> row;
    for (std::size_t x = 0; x < width; ++x) {
      const auto* pixel = &colors[(y * width + x) * 3];
      row.insert(row.end(), 2, static_cast<std::uint8_t>((pixel[0] + pixel[1] + pixel[2]) / 3));
    }
    png_write_row(writer, row.data());
  }
  png_write_end(writer, info);
  png_destroy_write_struct(&writer, &info);
  return file;
}

// What is transparent is white, here in place of the white of the sample.
std::string png_with_alpha() {
  std::vector<std::uint8_t> pixels = sample(4);
  for (std::size_t i = 0; i < pixels.size(); i += 4)
    if (pixels[i + 1] == 255) pixels[i] = pixels[i + 1] = pixels[i + 2] = pixels[i + 3] = 0;
  return png(PNG_FORMAT_RGBA, pixels.data());
}

std::string jpeg(int pixel_format, const std::vector<std::uint8_t>& pixels, int flags = 0) {
  const tjhandle coder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int sampling = pixel_format == TJPF_GRAY ? TJSAMP_GRAY : TJSAMP_444;
  EXPECT_EQ(tjCompress2(coder, pixels.data(), width, 0, height, pixel_format, &bytes, &size,
                        sampling, 95, flags),
            0);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(coder);
  return file;
}

// Of inks left out, as Adobe's programs write it: black is black ink alone.
std::string jpeg_of_inks() {
  std::vector<std::uint8_t> inks = sample(4);
  for (std::size_t i = 0; i < inks.size(); i += 4)
    if (inks[i] == 0) {
      std::fill_n(&inks[i], 3, std::uint8_t{255});
      inks[i + 3] = 0;
    }
  return jpeg(TJPF_CMYK, inks);
}

std::string bytes_of(std::int64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

std::string bmp_header(std::int64_t columns, std::int64_t rows) {
  return "BM" + bytes_of(54 + width * height * 3, 4) + bytes_of(0, 4) + bytes_of(54, 4) +
         bytes_of(40, 4) + bytes_of(columns, 4) + bytes_of(rows, 4) + bytes_of(1, 2) +
         bytes_of(24, 2) + std::string(24, 0);
}

// A negative height says that the upper row comes first.
std::string bmp(int rows) {
  const std::vector<std::uint8_t> pixels = sample(3);
  std::string file = bmp_header(width, rows);
  for (int row = 0; row < height; ++row)
    for (int x = 0; x < width; ++x)
      for (int channel = 2; channel >= 0; --channel) {
        const int y = rows < 0 ? row : height - 1 - row;
        file += static_cast<char>(pixels[static_cast<std::size_t>((y * width + x) * 3 + channel)]);
      }
  return file;
}

std::string tiff_of(int orientation) {
  return "MM" + std::string("\0\x2a\0\0\0\x08", 6) + std::string("\0\x01", 2) +
         std::string("\x01\x12\0\x03\0\0\0\x01\0", 9) + static_cast<char>(orientation) +
         std::string(6, '\0');
}

// An Exif chunk behind the signature and the header of a PNG.
std::string turned_png(std::string file, int orientation) {
  const std::string chunk = "eXIf" + tiff_of(orientation);
  const auto* bytes = reinterpret_cast<const Bytef*>(chunk.data());
  const std::uint64_t sum = crc32(0, bytes, static_cast<uInt>(chunk.size()));
  std::string numbers;
  for (const std::uint64_t number : {chunk.size() - 4, sum})
    for (int shift = 24; shift >= 0; shift -= 8) numbers += static_cast<char>(number >> shift);
  return file.insert(33, numbers.substr(0, 4) + chunk + numbers.substr(4));
}

// An Exif segment behind the first two bytes of a JPEG.
std::string turned(std::string file, int orientation) {
  const std::string exif = std::string("Exif\0\0", 6) + tiff_of(orientation);
  return file.insert(2, std::string("\xff\xe1\0", 3) + static_cast<char>(exif.size() + 2) + exif);
}

class ReadPicture : public testing::Test {
 protected:
  ReadPicture() {
    std::string name = testing::TempDir() + "picture_XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ReadPicture() override { fs::remove_all(folder_); }

  fs::path file(const std::string& content) const {
    const fs::path path = folder_ / "digit";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  // What is said of a file that cannot be read, without its name; empty where it can.
  std::string refusal(const fs::path& path) const {
    try {
      read_picture(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data_damaged);
      EXPECT_THAT(error.what(), StartsWith(path.string() + " "));
      return std::string(error.what()).substr(path.string().size() + 1);
    }
    return "";
  }
  fs::path folder_;
};

struct Kind {
  const char* name;
  std::function<std::string()> file;
  int tolerance;  // 0 but for JPEG, which rounds
};

const Kind kinds[] = {
    {"png", [] { return png(PNG_FORMAT_RGB, sample(3).data()); }, 0},
    {"png with a palette", png_with_palette, 0},
    {"png of 16 bits", png_of_16_bits, 0},
    {"png with alpha", png_with_alpha, 0},
    {"jpeg", [] { return jpeg(TJPF_RGB, sample(3)); }, 6},
    {"progressive jpeg", [] { return jpeg(TJPF_RGB, sample(3), TJFLAG_PROGRESSIVE); }, 6},
    {"jpeg of printing inks", jpeg_of_inks, 6},
    {"bmp", [] { return bmp(height); }, 0},
    {"bmp from the top", [] { return bmp(-height); }, 0},
};

TEST_F(ReadPicture, ReadsEachKindAsGray) {
  for (const Kind& kind : kinds) {
    const GrayPicture picture = read_picture(file(kind.file()));
    ASSERT_EQ(picture.width, width) << kind.name;
    ASSERT_EQ(picture.height, height) << kind.name;
    EXPECT_NEAR(at(picture, 4, 3), 85, kind.tolerance) << kind.name;
    EXPECT_NEAR(at(picture, 4, 12), 255, kind.tolerance) << kind.name;
    EXPECT_NEAR(at(picture, 19, 3), 0, kind.tolerance) << kind.name;
    EXPECT_NEAR(at(picture, 19, 12), 0, kind.tolerance) << kind.name;
  }
}

TEST_F(ReadPicture, LaysInkOnAGroundThatItIsSeenOn) {
  // Most of it transparent: the upper left quarter is ink.
  for (const int ink : {0, 255}) {
    std::vector<std::uint8_t> pixels = sample(4);
    for (std::size_t i = 0; i < pixels.size(); i += 4) {
      const bool inked = pixels[i] == 255 && pixels[i + 1] == 0;
      for (std::size_t channel = i; channel < i + 3; ++channel)
        pixels[channel] = static_cast<std::uint8_t>(inked ? ink : 0);
      pixels[i + 3] = inked ? 255 : 0;
    }
    const GrayPicture seen = read_picture(file(png(PNG_FORMAT_RGBA, pixels.data())));
    EXPECT_EQ(at(seen, 4, 3), ink);
    EXPECT_EQ(at(seen, 19, 12), 255 - ink);
  }
}

TEST_F(ReadPicture, ReadsWhatWeWrite) {
  const GrayPicture gray = read_picture(file(bmp(height)));
  const GrayPicture again = read_picture(file(png_of(gray.pixels, gray.width, gray.height)));
  EXPECT_EQ(again.width, width);
  EXPECT_EQ(again.pixels, gray.pixels);
}

TEST_F(ReadPicture, RefusesWhatIsCutShortAnywhere) {
  constexpr std::size_t closing_bytes = 16;  // of a PNG, behind its last pixel
  for (const Kind& kind : kinds) {
    const std::string whole = kind.file();
    const bool is_png = whole.starts_with("\x89PNG");
    for (std::size_t size = 0; size < whole.size() - (is_png ? closing_bytes : 0);
         size += size < 100 ? 1 : 7)
      EXPECT_NE(refusal(file(whole.substr(0, size))), "") << kind.name << " cut to " << size;
  }
}

TEST_F(ReadPicture, EndsWellWhateverBytesAreDamaged) {
  for (const Kind& kind : kinds) {
    const std::string whole = kind.file();
    for (std::size_t i = 0; i < whole.size(); i += 5) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
      refusal(file(damaged));
    }
  }
}

TEST_F(ReadPicture, SaysWhatIsWrongWithAFile) {
  std::string flipped = png(PNG_FORMAT_RGB, sample(3).data());
  flipped[flipped.size() - 30] ^= 1;
  // A header with its checksum, and where pixels would begin.
  const std::string huge_png(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\0\0\0\0\x8d\x39\x54\x14\0\0\1"
      "\0IDAT",
      41);
  std::string huge_jpeg = jpeg(TJPF_GRAY, sample(1));
  const std::size_t frame = huge_jpeg.find("\xff\xc0");
  huge_jpeg.replace(frame + 5, 4, "\xea\x60\xea\x60");
  const fs::path pipe = folder_ / "pipe";  // to which nobody writes
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const fs::path long_file = folder_ / "long";
  std::ofstream(long_file) << "";
  fs::resize_file(long_file, (256 << 20) + 1);
  const struct {
    fs::path path;
    const char* said;
  } cases[] = {
      {folder_ / "none.png", "cannot be read: No such file or directory"},
      {folder_, "is not a file, but a folder, a pipe or a device"},
      {"/dev/zero", "is not a file, but a folder, a pipe or a device"},
      {pipe, "is not a file, but a folder, a pipe or a device"},
      {long_file, "is longer than the 256 MiB that a picture may be"},
      {file(""), "is empty"},
  };
  for (const auto& [path, said] : cases) EXPECT_THAT(refusal(path), HasSubstr(said));
  const std::pair<std::string, const char*> contents[] = {
      {"GIF89a...", "is no picture that is read here; expected a PNG, JPEG or BMP"},
      {flipped, "is a PNG that is damaged or cut short (IDAT: "},
      {huge_png, "declares 100000 x 100000 pixels; expected 1 to 50000000"},
      {huge_jpeg, "declares 60000 x 60000 pixels"},
      {bmp_header(30000, 30000), "declares 30000 x 30000 pixels"},
      {bmp_header(0x7fffffff, 0x7fffffff), "declares 2147483647 x 2147483647 pixels"},
      {bmp_header(0, 5), "declares 0 x 5 pixels"},
      {"BM", "is a BMP that is cut short"},
  };
  for (const auto& [content, said] : contents) EXPECT_THAT(refusal(file(content)), HasSubstr(said));
}

bool is_close(const std::tuple<std::uint8_t, std::uint8_t>& values) {
  return std::abs(std::get<0>(values) - std::get<1>(values)) <= 6;  // as JPEG rounds
}

TEST_F(ReadPicture, FollowsHowTheCameraWasHeld) {
  // Where the red quarter, in the stored picture the upper left one, is seen.
  const struct {
    int orientation;
    bool right, lower;
  } cases[] = {{1, false, false}, {2, true, false}, {3, true, true}, {4, false, true},
               {5, false, false}, {6, true, false}, {7, true, true}, {8, false, true},
               {0, false, false}, {9, false, false}};
  const std::string stored = jpeg(TJPF_RGB, sample(3));
  const std::string stored_png = png(PNG_FORMAT_RGB, sample(3).data());
  for (const auto& [orientation, right, lower] : cases) {
    const GrayPicture seen = read_picture(file(turned(stored, orientation)));
    const GrayPicture of_png = read_picture(file(turned_png(stored_png, orientation)));
    EXPECT_THAT(of_png.pixels, testing::Pointwise(testing::Truly(is_close), seen.pixels))
        << orientation;
    const bool lying = orientation >= 5 && orientation <= 8;
    EXPECT_EQ(seen.width, lying ? height : width) << orientation;
    EXPECT_NEAR(at(seen, right ? seen.width - 3 : 2, lower ? seen.height - 3 : 2), 85, 6)
        << orientation;
    // Its white neighbour tells a mirrored picture from a turned one.
    const bool white_beside = lying;
    const int x = right != white_beside ? seen.width - 3 : 2;
    const int y = lower == white_beside ? seen.height - 3 : 2;
    EXPECT_NEAR(at(seen, x, y), 255, 6) << orientation;
  }
}

TEST_F(ReadPicture, TakesExifOfAnybodysForWhatItIs) {
  const std::string stored = turned(jpeg(TJPF_RGB, sample(3)), 6);
  for (std::size_t i = 2; i < 40; ++i)
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::string damaged = stored;
      damaged[i] = static_cast<char>(value);
      const std::vector<std::uint8_t> bytes(damaged.begin(), damaged.end());
      EXPECT_THAT(jpeg_orientation(bytes), AllOf(testing::Ge(1), testing::Le(8))) << i;
      const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<int>(i));
      EXPECT_THAT(jpeg_orientation(cut), AllOf(testing::Ge(1), testing::Le(8))) << i;
    }
  const std::string png_file = turned_png(png(PNG_FORMAT_RGB, sample(3).data()), 6);
  for (std::size_t i = 0; i < 80; ++i)
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::vector<std::uint8_t> bytes(png_file.begin(), png_file.end());
      bytes[i] = static_cast<std::uint8_t>(value);
      EXPECT_THAT(png_orientation(bytes), AllOf(testing::Ge(1), testing::Le(8))) << i;
      bytes.resize(i);
      EXPECT_THAT(png_orientation(bytes), AllOf(testing::Ge(1), testing::Le(8))) << i;
    }
}

}  // namespace
}  // namespace mnist
