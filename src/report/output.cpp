#include "report/output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <system_error>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

// Returns errno, or 0.
int write_text(int descriptor, std::string_view content) {
  return write_all(descriptor, std::as_bytes(std::span(content)));
}

// Returns errno, or 0.
int write_in_place(const fs::path& path, std::string_view content) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!file.is_open()) return errno;
  if (const int error = write_text(file.get(), content)) return error;
  // What is no file on a disk has nothing to be kept there, and answers EINVAL.
  return ::fsync(file.get()) && errno != EINVAL ? errno : 0;
}

// The rights that a new file gets; umask() can only be read by setting it.
mode_t new_file_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// Returns errno, or 0; leaves nothing behind where it fails.
int write_and_rename(const fs::path& path, mode_t mode, std::string_view content) {
  std::string name = (path.parent_path() / ".mnist-demo.XXXXXX").string();
  const FileDescriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) return errno;
  int error = write_text(file.get(), content);
  if (!error && ::fchmod(file.get(), mode)) error = errno;
  if (!error && ::fsync(file.get())) error = errno;
  if (!error && ::rename(name.c_str(), path.c_str())) error = errno;
  if (error) ::unlink(name.c_str());
  return error;
}

// Returns errno, or 0.
int write_to(const fs::path& path, std::string_view content) {
  struct stat target {};
  if (::stat(path.c_str(), &target)) {
    if (errno != ENOENT) return errno;
    return write_and_rename(path, new_file_mode(), content);
  }
  // /dev/stdout may be a regular file that holds our lines already; a rename would lose them.
  for (const int own : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat stream {};
    if (!::fstat(own, &stream) && stream.st_dev == target.st_dev && stream.st_ino == target.st_ino)
      return write_text(own, content);
  }
  if (!S_ISREG(target.st_mode)) return write_in_place(path, content);
  std::error_code unresolved;
  const fs::path resolved = fs::canonical(path, unresolved);  // a link stays a link
  if (!unresolved && !write_and_rename(resolved, target.st_mode & 07777, content)) return 0;
  return write_in_place(path, content);
}

}  // namespace

void LineOutput::write(std::string_view text) {
  if (const int error = write_text(descriptor_, text); error && failure_.empty())
    failure_ = reason(error);
}

void write_whole_file(const fs::path& path, std::string_view content) {
  if (const int error = write_to(path, content))
    throw Error(ExitCode::failed, "cannot write " + path.string() + ": " + reason(error),
                "name a file that can be written, or - for standard output");
}

}  // namespace mnist
