#include "dataset/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>

#include "base/error.hpp"
#include "dataset/gunzip.hpp"
#include "dataset/sample_set.hpp"
#include "dataset/sha256.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::span<const std::uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

IdxFile read_plain(const std::string& bytes, IdxKind kind) {
  MemoryStream stream(as_bytes(bytes), "FILE");
  return read_idx(stream, kind);
}

IdxFile read_packed(const std::string& bytes, IdxKind kind) {
  GunzipStream stream(std::make_unique<MemoryStream>(as_bytes(bytes), "FILE"));
  return read_idx(stream, kind);
}

const std::string two_images = idx(0x803, {2, 2, 3}, "abcdefABCDEF");
const std::string three_labels = idx(0x801, {3}, std::string("\1\0\11", 3));

TEST(Idx, HoldsWhatTheHeaderDeclares) {
  for (const IdxFile& file :
       {read_plain(two_images, IdxKind::images), read_packed(gzip(two_images), IdxKind::images)}) {
    EXPECT_EQ(file.count, 2u);
    EXPECT_EQ(file.rows, 2u);
    EXPECT_EQ(file.columns, 3u);
    EXPECT_EQ(std::string(file.values.begin(), file.values.end()), "abcdefABCDEF");
    EXPECT_EQ(file.sha256, sha256_hex(std::as_bytes(std::span(two_images))));
    const std::vector<std::uint8_t> header = idx_header(file);
    EXPECT_EQ(std::string(header.begin(), header.end()), two_images.substr(0, 16));
  }
  const IdxFile labels = read_plain(three_labels, IdxKind::labels);
  EXPECT_EQ(labels.values, (std::vector<std::uint8_t>{1, 0, 9}));
  EXPECT_EQ(idx_header(labels).size(), 8u);
}

TEST(Idx, ReadsThroughGzipMembersAndLongFiles) {
  const std::string many = idx(0x803, {1000, 28, 28}, std::string(784000, 'x'));
  EXPECT_EQ(read_packed(gzip(many), IdxKind::images).values.size(), 784000u);
  EXPECT_EQ(read_packed(gzip(many.substr(0, 500)) + gzip(many.substr(500)), IdxKind::images).sha256,
            sha256_hex(std::as_bytes(std::span(many))));
}

TEST(Idx, ReadsOnWhereAGzipMemberEndsWithTheBuffer) {
  constexpr std::uint32_t count = 70'000;
  std::string values;
  for (std::uint32_t i = 0, state = 1; i < count; ++i, state = state * 1664525u + 1013904223u)
    values += static_cast<char>(state >> 24);
  const std::string file = idx(0x803, {count, 1, 1}, values);
  std::size_t split = 65000;  // noise is stored as it is, so that each byte adds one
  while (gzip(file.substr(0, split)).size() < 65536) ++split;
  const std::string first = gzip(file.substr(0, split));
  ASSERT_EQ(first.size(), 65536u);
  EXPECT_EQ(read_packed(first + gzip(file.substr(split)), IdxKind::images).values.size(), count);
}

struct Damage {
  const char* name;
  IdxKind kind;
  bool packed;  // whether the bytes are read as gzip
  std::string bytes;
  const char* finding;
};

void PrintTo(const Damage& damage, std::ostream* stream) { *stream << damage.name; }

std::string with_flipped_byte(std::string bytes, std::size_t from_end) {
  bytes[bytes.size() - from_end] = static_cast<char>(bytes[bytes.size() - from_end] ^ 1);
  return bytes;
}

const Damage damages[] = {
    {"empty", IdxKind::images, false, "", "is cut short: it holds 0 bytes"},
    {"short_header", IdxKind::images, false, two_images.substr(0, 10), "is cut short"},
    {"truncated", IdxKind::images, false, two_images.substr(0, 20), "is cut short"},
    {"labels_for_images", IdxKind::images, false, three_labels,
     "begins with 0x00000801 (labels); expected 0x00000803 (images)"},
    {"images_for_labels", IdxKind::labels, false, two_images,
     "begins with 0x00000803 (images); expected 0x00000801 (labels)"},
    {"other_magic", IdxKind::images, false, idx(0xd03, {1, 1, 1}, "x"), "begins with 0x00000d03"},
    {"text", IdxKind::images, false, "hello, this is text", "begins with 0x68656c6c"},
    {"packed_without_suffix", IdxKind::images, false, gzip(two_images), "should end in .gz"},
    {"trailing_bytes", IdxKind::images, false, two_images + "x",
     "goes on after what its header declares"},
    {"no_images", IdxKind::images, false, idx(0x803, {0, 28, 28}, ""), "declares 0 images"},
    {"no_rows", IdxKind::images, false, idx(0x803, {1, 0, 28}, ""), "1 images of 0 x 28"},
    {"no_columns", IdxKind::images, false, idx(0x803, {1, 28, 0}, ""), "1 images of 28 x 0"},
    {"endless_row", IdxKind::images, false, idx(0x803, {1, 65536, 1}, std::string(65536, 0)),
     "sides of 1 to 65535"},
    {"endless_column", IdxKind::images, false, idx(0x803, {1, 1, 65536}, std::string(65536, 0)),
     "sides of 1 to 65535"},
    {"absurd_size", IdxKind::images, false, idx(0x803, {0xffffffffu, 65535, 65535}, "x"),
     "the file cannot hold more than 17"},
    {"absurd_size_packed", IdxKind::images, true,
     gzip(idx(0x803, {0xffffffffu, 65535, 65535}, "x")), "the file cannot hold more than"},
    {"beyond_what_gzip_can_hold", IdxKind::images, true, gzip(idx(0x803, {100, 28, 28}, "x")),
     "the file cannot hold more than"},
    {"label_out_of_range", IdxKind::labels, false, idx(0x801, {3}, "\1\2\12"),
     "label number 2 is 10; expected 0 to 9"},
    {"packed_empty", IdxKind::images, true, "", "is empty"},
    {"web_page", IdxKind::images, true, "<!DOCTYPE html><title>403</title>", "like a web page"},
    {"unpacked_with_suffix", IdxKind::images, true, two_images, "an unpacked IDX file"},
    {"not_gzip", IdxKind::images, true, "PK\3\4", "does not begin with the expected bytes 1f 8b"},
    {"one_byte", IdxKind::images, true, "\x1f", "does not begin with the expected bytes 1f 8b"},
    {"packed_truncated", IdxKind::images, true, gzip(two_images).substr(0, 25),
     "its gzip data does not end within its 25 bytes"},
    {"packed_without_its_end", IdxKind::images, true,
     gzip(two_images).substr(0, gzip(two_images).size() - 1), "its gzip data does not end"},
    {"wrong_checksum", IdxKind::images, true, with_flipped_byte(gzip(two_images), 8),
     "incorrect data check"},
    {"wrong_length", IdxKind::images, true, with_flipped_byte(gzip(two_images), 4),
     "incorrect length check"},
    {"damaged_inside", IdxKind::images, true, gzip(two_images).replace(10, 4, "\xff\xff\xff\xff"),
     "its gzip data is damaged"},
    {"packed_too_little", IdxKind::images, true, gzip(two_images.substr(0, 20)),
     "holds 20 bytes; expected 2 images of 2 x 3, 28 bytes"},
    {"expands_further", IdxKind::images, true, gzip(two_images + "x"),
     "goes on after what its header declares"},
    {"trailing_after_gzip", IdxKind::images, true, gzip(two_images) + "x", "follows its gzip data"},
};

class DamagedFile : public testing::TestWithParam<Damage> {};

TEST_P(DamagedFile, IsReportedOnOneLine) {
  const Damage& damage = GetParam();
  try {
    (damage.packed ? read_packed : read_plain)(damage.bytes, damage.kind);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data_damaged);
    EXPECT_THAT(error.what(),
                AllOf(StartsWith("FILE: "), HasSubstr(damage.finding), HasSubstr("expected")));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_NE(error.remedy(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, DamagedFile, testing::ValuesIn(damages),
                         [](const auto& test) { return std::string(test.param.name); });

// Tells how much of it was read.
class CountingStream final : public ByteStream {
 public:
  CountingStream(std::string bytes, std::size_t& count)
      : bytes_(std::move(bytes)), memory_(as_bytes(bytes_), "FILE"), count_(count) {}
  std::size_t read(std::span<std::uint8_t> out) override {
    const std::size_t count = memory_.read(out);
    count_ += count;
    return count;
  }
  std::uint64_t most_bytes() const override { return memory_.most_bytes(); }
  const std::string& name() const override { return memory_.name(); }

 private:
  std::string bytes_;
  MemoryStream memory_;
  std::size_t& count_;
};

TEST(Idx, StopsOneBytePastTheDeclaredSize) {
  std::size_t count = 0;
  const std::string bomb = gzip(two_images + std::string(100'000'000, '\0'));
  ASSERT_GT(bomb.size(), 90'000u);
  GunzipStream stream(std::make_unique<CountingStream>(bomb, count));
  EXPECT_THROW(read_idx(stream, IdxKind::images), Error);
  EXPECT_LE(count, 65536u);
}

}  // namespace
}  // namespace mnist
