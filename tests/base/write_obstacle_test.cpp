#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/file_system.hpp"
#include "base/whole_file.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

TEST(WriteObstacle, IsNoneWhereAFileCanBeMadeOrWritten) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "result.json";
  EXPECT_EQ(write_obstacle(file), "");
  EXPECT_EQ(write_obstacle("result.json"), "") << "in the working folder";
  EXPECT_EQ(write_obstacle("/dev/null"), "");
  EXPECT_EQ(write_obstacle("/dev/stdout"), "");
  EXPECT_EQ(write_obstacle("/proc/self/comm"), "") << "a file beside which none can be made";
  fs::create_symlink("new.json", folder.path() / "link");
  EXPECT_EQ(write_obstacle(folder.path() / "link"), "");
  EXPECT_EQ(entries(folder.path()), 1u) << "nothing was made";
  write_file(file, "old");
  fs::permissions(file, fs::perms{0444});
  EXPECT_EQ(write_obstacle(file), "");
  EXPECT_EQ(read_whole(file), "old");
}

TEST(WriteObstacle, IsALinkThatLeadsNowhere) {
  const TemporaryFolder folder;
  fs::create_symlink("none/new.json", folder.path() / "link");
  EXPECT_EQ(write_obstacle(folder.path() / "link"), "No such file or directory");
  fs::create_symlink("loop", folder.path() / "loop");
  EXPECT_EQ(write_obstacle(folder.path() / "loop"), "Too many levels of symbolic links");
}

// Root may write everywhere, and so steps down for a moment.
TEST(WriteObstacle, IsARightThatIsMissing) {
  const TemporaryFolder folder;
  write_file(folder.path() / "old.json", "old");
  fs::permissions(folder.path() / "old.json", fs::perms{0444});
  fs::permissions(folder.path(), fs::perms{0555});
  constexpr uid_t nobody = 65534;
  const uid_t self = ::geteuid();
  if (self == 0) {
    ASSERT_EQ(::seteuid(nobody), 0);
  }
  const std::string made = write_obstacle(folder.path() / "new.json");
  const std::string replaced = write_obstacle(folder.path() / "old.json");
  ASSERT_EQ(::seteuid(self), 0);
  fs::permissions(folder.path(), fs::perms{0777});
  if (self == 0) {
    ASSERT_EQ(::seteuid(nobody), 0);
  }
  EXPECT_EQ(write_obstacle(folder.path() / "old.json"), "") << "a rename needs the folder alone";
  ASSERT_EQ(::seteuid(self), 0);
  EXPECT_EQ(made, "Permission denied");
  EXPECT_EQ(replaced, "Permission denied");
}

TEST(WriteObstacle, IsAFullDisk) {
  const TemporaryFolder folder;
  const fs::path old = folder.path() / "old.json";
  write_file(old, "old");
  {
    const FilesOfAtMost two_bytes(2);
    EXPECT_EQ(write_obstacle(old), "File too large");
    EXPECT_EQ(write_obstacle(folder.path() / "new.json"), "File too large");
    EXPECT_EQ(write_obstacle("/dev/full"), "") << "a device is not tried";
  }
  EXPECT_EQ(read_whole(old), "old");
  EXPECT_EQ(entries(folder.path()), 1u) << "nothing is left behind";
}

TEST(WriteObstacle, IsARealDiskWithoutRoom) {
  const TemporaryFolder folder;
  const bool could = with_own_mounts([&] {
    ASSERT_EQ(::mount("none", folder.path().c_str(), "tmpfs", 0, "size=64k"), 0);
    const fs::path old = folder.path() / "old.json";
    write_file(old, "old");
    EXPECT_EQ(write_obstacle(old), "");
    std::ofstream(folder.path() / "filling") << std::string(1 << 20, 'x');
    EXPECT_EQ(write_obstacle(old), "No space left on device");
    EXPECT_EQ(write_obstacle(folder.path() / "new.json"), "No space left on device");
    EXPECT_EQ(entries(folder.path()), 2u);
    EXPECT_EQ(read_whole(old), "old");
  });
  if (!could) GTEST_SKIP() << "this process may mount nothing";
}

}  // namespace
}  // namespace mnist
