#include "base/whole_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/error.hpp"
#include "base/file_beside.hpp"
#include "base/file_descriptor.hpp"
#include "base/file_system.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

ino_t inode(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_ino;
}

TEST(WholeFile, IsNew) {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(022);
  write_whole_file(folder.path() / "result.json", "{}\n");
  ::umask(mask);
  EXPECT_EQ(read_whole(folder.path() / "result.json"), "{}\n");
  EXPECT_EQ(fs::status(folder.path() / "result.json").permissions(), fs::perms{0644});
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(WholeFile, ReplacesByARenameAndKeepsTheRights) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "result.json";
  write_file(file, std::string(100, 'x'));
  fs::permissions(file, fs::perms{0640});
  const FileDescriptor reader(::open(file.c_str(), O_RDONLY));
  const ino_t before = inode(file);
  write_whole_file(file, "{}\n");
  EXPECT_NE(inode(file), before);
  EXPECT_EQ(read_whole(file), "{}\n");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms{0640});
  char old[100];
  EXPECT_EQ(::read(reader.get(), old, sizeof old), 100) << "a reader keeps the whole old file";
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(WholeFile, LeavesALinkALink) {
  const TemporaryFolder folder;
  write_file(folder.path() / "target", "old");
  fs::create_symlink("target", folder.path() / "link");
  write_whole_file(folder.path() / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_whole(folder.path() / "target"), "new");
}

TEST(WholeFile, IsMadeWhereALinkToNothingPoints) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "results");
  fs::create_symlink("results/second", folder.path() / "first");
  fs::create_symlink("new.json", folder.path() / "results" / "second");
  write_whole_file(folder.path() / "first", "new");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "first"));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "results" / "second"));
  EXPECT_EQ(read_whole(folder.path() / "results" / "new.json"), "new");
}

TEST(WholeFile, IsWrittenToAPipe) {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string content(1'000'000, 'x');  // more than a pipe holds
  std::string received;
  std::thread reader([&] { received = read_whole(pipe); });
  write_whole_file(pipe, content);
  reader.join();
  EXPECT_EQ(received, content);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

// As a file that is mounted into a container: regular, and nothing can be made beside it or renamed
// over it. This one holds the process's name.
TEST(WholeFile, IsWrittenInPlaceWhereNothingCanBeMadeBesideIt) {
  ASSERT_TRUE(fs::is_regular_file("/proc/self/comm"));
  write_whole_file("/proc/self/comm", "written");
  EXPECT_EQ(read_whole("/proc/self/comm"), "written\n");
}

TEST(WholeFile, ThatCannotBeWrittenIsOneClearError) {
  const TemporaryFolder folder;
  for (const fs::path& path :
       {folder.path(), folder.path() / "none" / "x", folder.path() / std::string(300, 'n')}) {
    SCOPED_TRACE(path);
    try {
      write_whole_file(path, "{}\n");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::failed);
      EXPECT_THAT(error.what(), HasSubstr("cannot write " + path.string() + ": "));
      EXPECT_THAT(error.what(), EndsWith(": " + write_obstacle(path)));
    }
  }
}

TEST(WholeFile, LeavesNothingBehindWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  {
    const FilesOfAtMost two_bytes(2);
    EXPECT_THROW(write_whole_file(folder.path() / "new.json", "{\"a\": 1}\n"), Error);
  }
  EXPECT_EQ(entries(folder.path()), 0u);
}

TEST(WholeFile, StaysAsItWasWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  write_file(folder.path() / "old.json", "old");
  for (const Writing how : {Writing::in_any_way, Writing::by_rename}) {
    {
      const FilesOfAtMost two_bytes(2);
      EXPECT_THROW(write_whole_file(folder.path() / "old.json", "{\"a\": 1}\n", how), Error);
    }
    EXPECT_EQ(read_whole(folder.path() / "old.json"), "old");
  }
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(WholeFile, ByARenameAloneIsNeitherAPipeNorADevice) {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const fs::path& path : {pipe, fs::path("/dev/null"), fs::path("/proc/self/comm")}) {
    EXPECT_THROW(write_whole_file(path, "new", Writing::by_rename), Error) << path;
    EXPECT_NE(write_obstacle(path, Writing::by_rename), "") << path;
  }
  EXPECT_TRUE(fs::is_fifo(pipe));
  write_whole_file(folder.path() / "new", "new", Writing::by_rename);
  fs::create_symlink("new", folder.path() / "link");
  EXPECT_EQ(write_obstacle(folder.path() / "link", Writing::by_rename), "");
  write_whole_file(folder.path() / "link", "newer", Writing::by_rename);
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_whole(folder.path() / "new"), "newer");
}

// As Kubernetes mounts a file: a rename over it answers EBUSY.
TEST(WholeFile, ThatIsAMountIsWrittenInPlaceAndNotByARename) {
  const TemporaryFolder folder;
  const fs::path source = folder.path() / "source";
  const fs::path file = folder.path() / "mounted";
  write_file(source, "old");
  write_file(file, "");
  const bool could = with_own_mounts([&] {
    ASSERT_EQ(::mount(source.c_str(), file.c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_EQ(write_obstacle(file), "");
    write_whole_file(file, "new");
    EXPECT_EQ(read_whole(source), "new");
    EXPECT_EQ(write_obstacle(file, Writing::by_rename), "Device or resource busy");
    EXPECT_THROW(write_whole_file(file, "newer", Writing::by_rename), Error);
    EXPECT_EQ(read_whole(source), "new");
  });
  if (!could) GTEST_SKIP() << "this process may mount nothing";
  EXPECT_EQ(entries(folder.path()), 2u);
}

TEST(FileBeside, HasNoNameUntilItTakesItsPlace) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  if (!FileDescriptor(::open(folder.path().c_str(), O_TMPFILE | O_WRONLY, 0600)).is_open())
    GTEST_SKIP() << "every file has a name here";
  {
    FileBeside file(path);
    ASSERT_EQ(file.make(), 0);
    EXPECT_EQ(entries(folder.path()), 0u);
    EXPECT_EQ(::write(file.get(), "new", 3), 3);
    EXPECT_EQ(file.take_place(), 0);
  }
  EXPECT_EQ(read_whole(path), "new");
  EXPECT_EQ(entries(folder.path()), 1u);
}

// A file without a name could not be given one without /proc.
TEST(FileBeside, HasANameWhereItNeedsOne) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  const fs::path taken = folder.path() / (".mnist-demo." + std::to_string(::getpid()) + ".0");
  write_file(taken, "another container's");
  const bool could = with_own_mounts([&] {
    ASSERT_EQ(::mount("none", "/proc", "tmpfs", 0, nullptr), 0);
    FileBeside file(path);
    ASSERT_EQ(file.make(), 0);
    EXPECT_EQ(entries(folder.path()), 2u);
    EXPECT_EQ(::write(file.get(), "new", 3), 3);
    EXPECT_EQ(file.take_place(), 0);
    FileBeside given_up(path);
    EXPECT_EQ(given_up.make(), 0);
  });
  if (!could) GTEST_SKIP() << "this process may mount nothing";
  EXPECT_EQ(read_whole(path), "new");
  EXPECT_EQ(read_whole(taken), "another container's");
  EXPECT_EQ(entries(folder.path()), 2u);
}

}  // namespace
}  // namespace mnist
