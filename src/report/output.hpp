// Bytes that must arrive: lines on a stream, and a file replaced as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mnist {

// Writes lines to a file descriptor, each at once, so that a pipe's reader and a log see them as
// they come. A failed write never throws and ends nothing; it is remembered.
class LineOutput {
 public:
  explicit LineOutput(int descriptor) : descriptor_(descriptor) {}

  void write(std::string_view text);
  // Why the first write that failed did so; empty where all went well.
  const std::string& failure() const { return failure_; }

 private:
  int descriptor_;
  std::string failure_;
};

// Replaces what `path`, or the file that it is a link to, holds by `content`. A regular or new file
// is written under another name beside it and renamed, so that no reader ever sees half of it; what
// exists and is something else (a pipe, a device, this process's own output) is written to, and so
// is a regular file that cannot be renamed over, such as one mounted into a container. Blocks while
// a pipe has no reader. Throws Error(failed) where it cannot be written.
void write_whole_file(const std::filesystem::path& path, std::string_view content);

// Why write_whole_file() would fail, as far as that can be told without making or changing a file;
// empty where nothing is in its way.
std::string write_obstacle(const std::filesystem::path& path);

}  // namespace mnist
