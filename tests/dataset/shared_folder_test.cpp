// Several processes in one folder, and folders that cannot be written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "base/error.hpp"
#include "dataset/folder_lock.hpp"
#include "dataset/http_server.hpp"
#include "dataset/obtain.hpp"
#include "dataset/sample_set.hpp"

namespace {
std::atomic<int> synced_files = 0;
}

// In place of the C library's: counts, and does the same.
extern "C" int fsync(int descriptor) {
  ++synced_files;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace mnist {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int cannot_try = 77;

// Runs `body` in a process of its own, which has to be made before any thread.
pid_t start_process(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 1;
  try {
    status = body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  ::_exit(status);
}

// What its body returned.
int status_of(pid_t process) {
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class SharedFolder : public testing::Test {
 protected:
  TrainingData fetch(const std::filesystem::path& folder, const std::string& url,
                     RecordedEvents& events, const DownloadLimits& limits = quick_limits) {
    return obtain(
        {.choice = DatasetChoice::mnist, .folder = folder, .further_folders = {}, .mirrors = {url}},
        events, set_.catalogue, limits);
  }

  // The set is had, with one warning about the folder.
  void expect_kept_in_memory(const std::filesystem::path& folder, const std::string& url) {
    RecordedEvents events;
    const TrainingData data = fetch(folder, url, events);
    EXPECT_EQ(data.name, "sample");
    EXPECT_EQ(data.training.size(), 50u);
    EXPECT_EQ(events.lines.size(), 8u);
    ASSERT_EQ(events.warnings.size(), 1u);
    EXPECT_THAT(events.warnings[0], HasSubstr("is kept in memory"));
    EXPECT_THAT(events.warnings[0], HasSubstr(folder.string()));
  }

  const SampleSet set_;
  const TemporaryFolder folder_;
  RecordedEvents events_;
};

TEST_F(SharedFolder, IsDownloadedToOnceByTwoProcesses) {
  HttpServer server;
  const auto body = [&] {
    return fetch(folder_.path(), server.url(), events_).name == "sample" ? 0 : 1;
  };
  const std::array processes{start_process(body), start_process(body)};
  // Slow enough for the second to find the first one at it.
  server.start([&](const HttpRequest& request, HttpConnection& connection) {
    connection.wait(500ms);
    serve(set_)(request, connection);
  });
  for (const pid_t process : processes) EXPECT_EQ(status_of(process), 0);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST_F(SharedFolder, IsNotLockedByAKilledProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = start_process([&] {
    FolderLock lock(folder_.path());
    const char locked = lock.try_lock() ? 'y' : 'n';
    return ::write(ready[1], &locked, 1) == 1 ? ::pause() : 1;
  });
  char locked = 0;
  ASSERT_EQ(::read(ready[0], &locked, 1), 1);
  ASSERT_EQ(locked, 'y');
  FolderLock lock(folder_.path());
  EXPECT_FALSE(lock.try_lock());
  ::kill(holder, SIGKILL);
  EXPECT_EQ(status_of(holder), 128 + SIGKILL);
  EXPECT_TRUE(lock.try_lock());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SharedFolder, IsNotWaitedForWithoutEnd) {
  FolderLock other(folder_.path());
  ASSERT_TRUE(other.try_lock());
  const HttpServer server(serve(set_));
  DownloadLimits limits = quick_limits;
  limits.patience = 600ms;
  try {
    fetch(folder_.path(), server.url(), events_, limits);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data_unavailable);
    EXPECT_THAT(error.what(), HasSubstr("another process"));
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(SharedFolder, IsWaitedForAsLongAsTheOtherProcessGetsOn) {
  const HttpServer server(serve(set_));
  std::atomic<bool> locked = false;
  std::thread other([&] {
    FolderLock lock(folder_.path());
    locked = lock.try_lock();
    std::ofstream part(folder_.path() / (set_.catalogue.files[0].name + ".part"));
    for (int i = 0; i < 24; ++i) {
      part << std::string(2000, 'x') << std::flush;
      std::this_thread::sleep_for(100ms);
    }
    set_.write_packed(folder_.path());
  });
  while (!locked) std::this_thread::sleep_for(1ms);
  DownloadLimits limits = quick_limits;
  limits.slowest_rate = 4000;
  limits.patience = 1500ms;
  EXPECT_EQ(fetch(folder_.path(), server.url(), events_, limits).name, "sample");
  other.join();
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(events_.lines.size(), 4u);  // of extracting alone
}

TEST_F(SharedFolder, HoldsFilesThatOutlastAPowerCut) {
  const HttpServer server(serve(set_));
  synced_files = 0;
  fetch(folder_.path(), server.url(), events_);
  EXPECT_EQ(synced_files, 8);  // each file, and the folder after each rename
}

TEST_F(SharedFolder, IsMadeWhereItIsMissing) {
  const HttpServer server(serve(set_));
  const std::filesystem::path folder = folder_.path() / "a" / "b";
  fetch(folder, server.url(), events_);
  EXPECT_TRUE(events_.warnings.empty());
  EXPECT_EQ(read_whole(folder / set_.catalogue.files[3].name), set_.packed[3]);
}

TEST_F(SharedFolder, ThatCannotBeMadeIsDoneWithout) {
  const HttpServer server(serve(set_));
  write_file(folder_.path() / "file", "");
  expect_kept_in_memory(folder_.path() / "file" / "data", server.url());
}

TEST_F(SharedFolder, ThatCannotBeWrittenIsDoneWithout) {
  const HttpServer server(serve(set_));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms{0555});
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::seteuid(65534), 0);  // root may write everywhere
  }
  expect_kept_in_memory(folder_.path(), server.url());
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SharedFolder, ThatIsFullIsDoneWithout) {
  // A limit on the length of files fails in write() as a full disk does, for root too.
  const HttpServer server(serve(set_));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 5000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_kept_in_memory(folder_.path(), server.url());
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / set_.catalogue.files[0].name));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / (set_.catalogue.files[0].name + ".part")));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / set_.catalogue.files[3].name));
}

TEST_F(SharedFolder, OnAFullFileSystemIsDoneWithout) {
  HttpServer server;
  const pid_t process = start_process([&] {
    const bool own = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    const bool mounted = own && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=16k") == 0;
    if (!mounted) return cannot_try;
    expect_kept_in_memory(folder_.path(), server.url());
    return HasFailure() ? 1 : 0;
  });
  server.start(serve(set_));
  const int status = status_of(process);
  if (status == cannot_try) GTEST_SKIP() << "no file system may be mounted here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace mnist
