#include "dataset/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace mnist {
namespace {

bool read_all(int descriptor, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return false;
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

// A rename lasts through a power cut once its folder is on disk; where that cannot be asked for,
// the file is still whole.
void sync_folder(const std::filesystem::path& file) {
  const FileDescriptor folder(
      ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) ::fsync(folder.get());
}

}  // namespace

PartFile::PartFile(std::filesystem::path file, std::uint64_t most_bytes) : file_(std::move(file)) {
  struct stat status;
  if (!open(0)) {
    succeeded(errno == ENOENT);
    return;
  }
  if (!succeeded(::fstat(part_.get(), &status) == 0)) return;
  const std::uint64_t size = static_cast<std::uint64_t>(status.st_size);
  if (size <= most_bytes) bytes_.resize(static_cast<std::size_t>(size));
  if (bytes_.empty() || !read_all(part_.get(), bytes_)) restart();
}

PartFile::PartFile(std::filesystem::path file, std::string unsaved)
    : file_(std::move(file)), unsaved_(std::move(unsaved)) {}

std::filesystem::path PartFile::part() const { return file_.string() + ".part"; }

void PartFile::append(std::span<const std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  // Not before, so that no empty file stays where nothing comes in.
  if (!part_.is_open() && unsaved_.empty()) succeeded(open(O_CREAT));
  if (part_.is_open()) succeeded(write_all(part_.get(), std::as_bytes(bytes)) == 0);
}

void PartFile::restart() {
  bytes_.clear();
  if (part_.is_open() && succeeded(::unlink(part().c_str()) == 0)) part_ = FileDescriptor();
}

void PartFile::commit() {
  // In this order, since a file that has its final name is believed to be whole.
  if (part_.is_open() && succeeded(::fsync(part_.get()) == 0) &&
      succeeded(std::rename(part().c_str(), file_.c_str()) == 0))
    sync_folder(file_);
}

bool PartFile::open(int flags) {
  // A link would have us write where somebody else wishes.
  part_ = FileDescriptor(::open(part().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0644));
  return part_.is_open();
}

bool PartFile::succeeded(bool success) {
  if (success) return true;
  unsaved_ = std::generic_category().message(errno);
  if (part_.is_open()) ::unlink(part().c_str());  // what is cut short helps nobody
  part_ = FileDescriptor();
  return false;
}

}  // namespace mnist
