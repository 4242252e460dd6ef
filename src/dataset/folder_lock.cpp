#include "dataset/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

namespace mnist {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / file_name;
  file_ = FileDescriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
  // In a shared folder another user may have made the file; but on NFS a lock needs writing.
  if (!file_.is_open())
    file_ = FileDescriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file_.is_open()) throw std::system_error(errno, std::generic_category());
}

bool FolderLock::try_lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  throw std::system_error(errno, std::generic_category());
}

}  // namespace mnist
