#include "report/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "base/whole_file.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

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

// A limit on the size of files stands in for a full disk.
TEST(WholeFile, LeavesNothingBehindWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit two_bytes{2, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &two_bytes), 0);
  EXPECT_THROW(write_whole_file(folder.path() / "new.json", "{\"a\": 1}\n"), Error);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(entries(folder.path()), 0u);
}

TEST(LineOutput, RemembersTheFirstFailure) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY));
  LineOutput output(full.get());
  EXPECT_EQ(output.failure(), "");
  output.write("Accuracy at step 0: 0.1\n");
  EXPECT_EQ(output.failure(), "No space left on device");
}

TEST(LineOutput, WaitsForAFullPipeThatDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const FileDescriptor reading(ends[0]);
  const std::string content(1'000'000, 'x');
  std::string failure = "not written";
  std::thread writer([&] {
    const FileDescriptor writing(ends[1]);
    LineOutput output(writing.get());
    output.write(content);
    failure = output.failure();
  });
  ::fcntl(reading.get(), F_SETFL, 0);
  std::string received;
  char block[4096];
  for (ssize_t size; (size = ::read(reading.get(), block, sizeof block)) > 0;)
    received.append(block, static_cast<std::size_t>(size));
  writer.join();
  EXPECT_EQ(failure, "");
  EXPECT_EQ(received, content);
}

}  // namespace
}  // namespace mnist
