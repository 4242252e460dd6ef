// Keeps two processes from downloading into one folder at the same time.
#pragma once

#include <filesystem>

#include "base/file_descriptor.hpp"

namespace mnist {

// An advisory lock (flock) on a file of the folder. The system lets go of it when its process ends,
// however that happens, so the file may stay.
class FolderLock {
 public:
  static constexpr const char* file_name = ".mnist-demo.lock";

  // Throws std::system_error where the lock file cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);

  // Returns at once: whether the lock is ours. Throws std::system_error where files cannot be
  // locked here.
  bool try_lock();

 private:
  FileDescriptor file_;
};

}  // namespace mnist
