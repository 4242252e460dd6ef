#include "summaries/event_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <span>
#include <system_error>

#include "base/error.hpp"
#include "summaries/crc32c.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// So that the checksum of bytes that hold a checksum tells something.
std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

template <class Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
  return bytes;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1)) return "localhost";
  return name.data();
}

Error cannot_write(ExitCode code, const fs::path& path, int error) {
  return Error(code,
               "cannot write " + path.string() + ": " + std::generic_category().message(error),
               "name a folder in --log_dir that can be written, on a disk that has room");
}

}  // namespace

double seconds_since_epoch() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string event_record(std::string_view data) {
  const std::string length = little_endian(std::uint64_t{data.size()});
  return length + little_endian(masked_crc32c(length)) + std::string(data) +
         little_endian(masked_crc32c(data));
}

EventFile::EventFile(const fs::path& folder, std::uint64_t first_step) {
  std::array<char, 11> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%010lu",
                static_cast<unsigned long>(seconds_since_epoch()));
  const std::string name = std::string("events.out.tfevents.") + seconds.data() + "." +
                           host_name() + "." + std::to_string(::getpid()) + ".";
  // In two containers that share a folder, a process may have the same name and number.
  for (int number = 0; !file_.is_open(); ++number) {
    path_ = folder / (name + std::to_string(number));
    file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file_.is_open() && errno != EEXIST) throw cannot_write(ExitCode::usage, path_, errno);
  }
  pending_ = event_record(
      ProtobufWriter().float64(1, seconds_since_epoch()).bytes(3, "brain.Event:2").encoded());
  constexpr int session_starts = 1;
  add(first_step, EventKind::session, ProtobufWriter().varint(1, session_starts));
}

void EventFile::add(std::uint64_t step, EventKind kind, const ProtobufWriter& content) {
  pending_ += event_record(ProtobufWriter()
                               .float64(1, seconds_since_epoch())
                               .varint(2, step)
                               .message(static_cast<std::uint32_t>(kind), content)
                               .encoded());
}

void EventFile::flush() {
  const int error = write_all(file_.get(), std::as_bytes(std::span(pending_)));
  if (error) throw cannot_write(ExitCode::failed, path_, error);
  pending_.clear();
}

}  // namespace mnist
