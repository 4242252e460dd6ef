#include "base/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <system_error>

#include "base/error.hpp"
#include "base/file_beside.hpp"
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

// Returns errno, or 0.
int make_with(FileBeside& file, mode_t mode, std::string_view content) {
  if (const int error = file.make()) return error;
  if (const int error = write_text(file.get(), content)) return error;
  return ::fchmod(file.get(), mode) || ::fsync(file.get()) ? errno : 0;
}

// Returns errno, or 0; leaves nothing behind where it fails.
int write_and_rename(const fs::path& path, mode_t mode, std::string_view content) {
  FileBeside file(path);
  const int error = make_with(file, mode, content);
  return error ? error : file.take_place();
}

// Whether this is because nothing can be made beside the file, or renamed over it. A full disk is
// no such reason: writing to the file itself would cost what it holds.
bool stands_alone(int error) {
  constexpr int reasons[] = {EACCES, EPERM, EROFS, EBUSY, EXDEV, ENOENT};
  return std::ranges::count(reasons, error) > 0;
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
int write_to(const fs::path& path, std::string_view content, Writing how) {
  struct stat target {};
  if (::stat(path.c_str(), &target)) {
    if (errno != ENOENT) return errno;
    return write_and_rename(new_file(path), new_file_mode(), content);
  }
  const std::optional<int> own = own_stream(target);
  if (how == Writing::by_rename && (own || !S_ISREG(target.st_mode))) return EEXIST;
  // /dev/stdout may be a regular file that holds our lines already; a rename would lose them.
  if (own) return write_text(*own, content);
  if (!S_ISREG(target.st_mode)) return write_in_place(path, content);
  std::error_code unresolved;
  const fs::path resolved = fs::canonical(path, unresolved);  // a link stays a link
  const int error =
      unresolved ? unresolved.value() : write_and_rename(resolved, target.st_mode & 07777, content);
  return how == Writing::in_any_way && stands_alone(error) ? write_in_place(path, content) : error;
}

// Whether `path` is what something is mounted on: a file of its own in a container.
bool is_mounted(const fs::path& path) {
  struct statx facts {};
  return !::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &facts) &&
         (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// Returns errno, or 0 where this process may write.
int access_error(const fs::path& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) ? errno : 0;
}

// What write_and_rename() of a few kilobytes would return, but for the renaming.
int error_beside(const fs::path& path) {
  FileBeside file(path);
  return make_with(file, 0600, std::string(4096, '\0'));
}

// What write_to() would return, as far as rights, kinds of files and the room on the disk tell.
int obstacle_to(const fs::path& path, Writing how) {
  struct stat target {};
  if (::stat(path.c_str(), &target)) return errno == ENOENT ? error_beside(new_file(path)) : errno;
  if (S_ISDIR(target.st_mode)) return EISDIR;
  const std::optional<int> own = own_stream(target);
  if (how == Writing::by_rename && (own || !S_ISREG(target.st_mode))) return EEXIST;
  if (own) return 0;
  if (!S_ISREG(target.st_mode)) return access_error(path);
  std::error_code unresolved;
  const fs::path resolved = fs::canonical(path, unresolved);
  if (how == Writing::by_rename && !unresolved && is_mounted(resolved)) return EBUSY;
  const int error = unresolved ? unresolved.value() : error_beside(resolved);
  return how == Writing::in_any_way && stands_alone(error) ? access_error(path) : error;
}

}  // namespace

void write_whole_file(const fs::path& path, std::string_view content, Writing how) {
  if (const int error = write_to(path, content, how))
    throw Error(ExitCode::failed, "cannot write " + path.string() + ": " + reason(error),
                "look whether there is room left, or name another file");
}

std::string write_obstacle(const fs::path& path, Writing how) {
  const int error = obstacle_to(path, how);
  return error ? reason(error) : "";
}

}  // namespace mnist
