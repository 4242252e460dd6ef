// The bytes of event files. tests/readers has TensorBoard read whole ones.
#include "summaries/event_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "summaries/crc32c.hpp"
#include "summaries/summaries.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

class EventFiles : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  std::set<fs::path> files() const {
    const fs::directory_iterator found(folder_);
    return {begin(found), end(found)};
  }
  static std::string content(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }

  const fs::path folder_ = [] {
    std::string name = testing::TempDir() + "event_files.XXXXXX";
    return fs::path(::mkdtemp(name.data()));
  }();
};

// The first is the check value of the catalogues of CRCs, the others are of RFC 3720, B.4.
TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  EXPECT_EQ(crc32c(""), 0u);
}

// As TensorFlow wrote it, but for the time.
TEST(EventRecord, HasItsLengthAndTwoChecksums) {
  const std::string record = event_record("abc");
  ASSERT_EQ(record.size(), 8u + 4 + 3 + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 3), "abc");
  const auto checksum = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;)
      value = value << 8 | static_cast<std::uint8_t>(record[at + i]);
    const std::uint32_t rotated = value - 0xA282EAD8;
    return rotated >> 17 | rotated << 15;
  };
  EXPECT_EQ(checksum(8), crc32c(record.substr(0, 8)));
  EXPECT_EQ(checksum(15), crc32c("abc"));
}

TEST_F(EventFiles, AreNewOnesEachTime) {
  const EventFile first(folder_, 0);
  const EventFile second(folder_, 0);
  const std::set<fs::path> found = files();
  ASSERT_EQ(found.size(), 2u);
  for (const fs::path& file : found)
    EXPECT_THAT(file.filename().string(),
                MatchesRegex("events\\.out\\.tfevents\\.[0-9]{10}\\..+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(EventFiles, HoldWhatWasFlushed) {
  EventFile file(folder_, 0);
  file.flush();
  const std::string begin = content(*files().begin());
  EXPECT_THAT(begin, HasSubstr("brain.Event:2"));
  file.add(7, EventKind::summary, ProtobufWriter().bytes(1, "a summary"));
  EXPECT_EQ(content(*files().begin()), begin);
  file.flush();
  EXPECT_THAT(content(*files().begin()), testing::StartsWith(begin));
  EXPECT_THAT(content(*files().begin()), HasSubstr("a summary"));
}

TEST_F(EventFiles, AreRefusedWhereTheyCannotBe) {
  const fs::path file = folder_ / "file";
  std::ofstream(file) << "x";
  const auto expect_refused = [](const auto& call, const std::string& found) {
    try {
      call();
      FAIL() << "not refused: " << found;
    } catch (const Error& refusal) {
      EXPECT_EQ(refusal.code(), ExitCode::usage);
      EXPECT_THAT(refusal.what(), HasSubstr(found));
    }
  };
  expect_refused([&] { EventFile(folder_ / "missing", 0); }, "No such file or directory");
  expect_refused([&] { make_summary_folders(file); },
                 "--log_dir: cannot write to " + file.string());
  expect_refused([&] { make_summary_folders("/proc/logs"); }, "--log_dir: cannot write to /proc");
  make_summary_folders(folder_ / "a" / "b");
  make_summary_folders(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b" / "train"));
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b" / "test"));
}

}  // namespace
}  // namespace mnist
