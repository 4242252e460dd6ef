#include "base/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
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

// Our output or error stream where `target` is one of them.
std::optional<int> own_stream(const struct stat& target) {
  for (const int own : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat stream {};
    if (!::fstat(own, &stream) && stream.st_dev == target.st_dev && stream.st_ino == target.st_ino)
      return own;
  }
  return std::nullopt;
}

// The file that would be made: a link to none yet stays a link.
fs::path new_file(fs::path path) {
  constexpr int most_links = 40;  // as many as Linux follows
  std::error_code no_link;
  for (int links = 0; links < most_links; ++links) {
    const fs::path target = fs::read_symlink(path, no_link);
    if (no_link) break;
    path = path.parent_path() / target;
  }
  return path;
}

// Returns errno, or 0.
int write_to(const fs::path& path, std::string_view content) {
  struct stat target {};
  if (::stat(path.c_str(), &target)) {
    if (errno != ENOENT) return errno;
    return write_and_rename(new_file(path), new_file_mode(), content);
  }
  // /dev/stdout may be a regular file that holds our lines already; a rename would lose them.
  if (const auto own = own_stream(target)) return write_text(*own, content);
  if (!S_ISREG(target.st_mode)) return write_in_place(path, content);
  std::error_code unresolved;
  const fs::path resolved = fs::canonical(path, unresolved);  // a link stays a link
  if (!unresolved && !write_and_rename(resolved, target.st_mode & 07777, content)) return 0;
  return write_in_place(path, content);
}

// Returns errno, or 0 where this process may write.
int access_error(const fs::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) ? errno : 0;
}

int access_error_beside(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return access_error(folder.empty() ? "." : folder);
}

// What write_to() would return, as far as rights and kinds of files tell.
int obstacle_to(const fs::path& path) {
  struct stat target {};
  if (::stat(path.c_str(), &target))
    return errno == ENOENT ? access_error_beside(new_file(path)) : errno;
  if (own_stream(target)) return 0;
  if (S_ISDIR(target.st_mode)) return EISDIR;
  const int error = access_error(path);
  if (!error || !S_ISREG(target.st_mode)) return error;
  std::error_code unresolved;
  const fs::path resolved = fs::canonical(path, unresolved);
  return unresolved ? error : access_error_beside(resolved);
}

}  // namespace

void write_whole_file(const fs::path& path, std::string_view content) {
  if (const int error = write_to(path, content))
    throw Error(ExitCode::failed, "cannot write " + path.string() + ": " + reason(error),
                "look whether there is room left, or name another file");
}

std::string write_obstacle(const fs::path& path) {
  const int error = obstacle_to(path);
  return error ? reason(error) : "";
}

}  // namespace mnist
