// File systems as tests of files need them.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <thread>

namespace mnist {

inline std::size_t entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

// No file may grow beyond so many bytes as long as this lives, as on a full disk.
class FilesOfAtMost {
 public:
  explicit FilesOfAtMost(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &limit_), 0);
    const rlimit lower{bytes, limit_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &lower), 0);
  }
  FilesOfAtMost(const FilesOfAtMost&) = delete;
  FilesOfAtMost& operator=(const FilesOfAtMost&) = delete;
  ~FilesOfAtMost() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  rlimit limit_{};
};

// Calls `use` in a thread that may mount what nobody else sees; false where this process may not.
inline bool with_own_mounts(const std::function<void()>& use) {
  bool may = false;
  std::thread([&] {
    may = !::unshare(CLONE_NEWNS) && !::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (may) use();
  }).join();
  return may;
}

}  // namespace mnist
