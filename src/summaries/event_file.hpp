// The file in which TensorBoard finds what happened in a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "exchange/protobuf.hpp"

namespace mnist {

// What an event is of; the number of its field in the message Event.
enum class EventKind : std::uint32_t { graph = 4, summary = 5, session = 7, run_metadata = 8 };

// Now, as events have it.
double seconds_since_epoch();

// `data` in the form in which event files hold it: its length, and checksums of both.
std::string event_record(std::string_view data);

// Events reach the file when they are flushed. A process that is killed leaves what was flushed,
// and at most one record that is cut short, which readers wait for.
class EventFile {
 public:
  // A new file in `folder`, which exists. Readers are told to forget what an earlier file of the
  // same folder said of step `first_step` and the steps after it. Throws Error.
  EventFile(const std::filesystem::path& folder, std::uint64_t first_step);

  // `content` is of the message that the field has.
  void add(std::uint64_t step, EventKind kind, const ProtobufWriter& content);

  // Throws Error(failed) where the file cannot be written.
  void flush();

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::string pending_;
};

}  // namespace mnist
