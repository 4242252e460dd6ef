#include "dataset/byte_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace mnist {
namespace {

[[noreturn]] void throw_unreadable(const std::string& name, const char* verb) {
  throw Error(ExitCode::data_unavailable,
              name + ": cannot be " + verb + ": " + std::generic_category().message(errno),
              "make the file readable, or name another folder with --data_dir");
}

}  // namespace

FileStream::FileStream(const std::filesystem::path& file)
    : name_(file.string()), file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status;
  if (!file_.is_open() || ::fstat(file_.get(), &status) != 0) throw_unreadable(name_, "opened");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

std::size_t FileStream::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(file_.get(), out.data() + done, out.size() - done);
    if (count == 0) break;
    if (count > 0)
      done += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      throw_unreadable(name_, "read");
  }
  return done;
}

MemoryStream::MemoryStream(std::span<const std::uint8_t> bytes, std::string name)
    : rest_(bytes), name_(std::move(name)), size_(bytes.size()) {}

std::size_t MemoryStream::read(std::span<std::uint8_t> out) {
  const std::size_t count = std::min(out.size(), rest_.size());
  std::copy_n(rest_.begin(), count, out.begin());
  rest_ = rest_.subspan(count);
  return count;
}

}  // namespace mnist
