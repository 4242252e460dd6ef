// Lines on a stream, which must arrive.
#pragma once

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

}  // namespace mnist
