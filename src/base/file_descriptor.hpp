// Owns an open file of the system, and writes to one.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <span>
#include <utility>

namespace mnist {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor() {
    if (is_open()) ::close(descriptor_);
  }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// Waits where a non-blocking descriptor takes nothing just now. Returns errno, or 0.
int write_all(int descriptor, std::span<const std::byte> bytes);

}  // namespace mnist
