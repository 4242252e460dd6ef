#include "base/file_beside.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mnist {
namespace {

// By which a file without a name can be linked to.
std::string link_to(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

}  // namespace

FileBeside::~FileBeside() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

int FileBeside::make() {
  const std::filesystem::path folder = path_.parent_path();
  constexpr mode_t mode = 0600;
  file_ = FileDescriptor(
      ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
  if (file_.is_open() && !::access(link_to(file_.get()).c_str(), F_OK)) return 0;
  return take_name([&](const char* name) {
    file_ = FileDescriptor(::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    return file_.is_open() ? 0 : errno;
  });
}

int FileBeside::take_place() {
  if (name_.empty()) {
    const int error = take_name([&](const char* name) {
      return ::linkat(AT_FDCWD, link_to(file_.get()).c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW)
                 ? errno
                 : 0;
    });
    if (error) return error;
  }
  if (::rename(name_.c_str(), path_.c_str())) return errno;
  name_.clear();
  return 0;
}

// The first name that nobody has: processes in two containers may have the same number.
int FileBeside::take_name(const std::function<int(const char* name)>& take) {
  const std::string start = path_.parent_path() / (".mnist-demo." + std::to_string(::getpid()));
  for (int number = 0;; ++number) {
    const std::string name = start + "." + std::to_string(number);
    const int error = take(name.c_str());
    if (!error) name_ = name;
    if (error != EEXIST) return error;
  }
}

}  // namespace mnist
