// A file on its way: what of it has come in so far.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"

namespace mnist {

// The bytes are kept in memory, and in FILE.part as long as that can be written, so that a later
// run can go on from there; a folder that cannot be written or a full disk loses the copy on disk
// and nothing else. There is no FILE.part where nothing has come in. At most one process at a time
// may have a PartFile of the same file.
class PartFile {
 public:
  // Takes in what an earlier run has left in FILE.part, unless that is more than `most_bytes`.
  PartFile(std::filesystem::path file, std::uint64_t most_bytes);

  // Keeps the bytes in memory alone, because of `unsaved`.
  PartFile(std::filesystem::path file, std::string unsaved);

  std::uint64_t size() const { return bytes_.size(); }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  const std::filesystem::path& file() const { return file_; }

  void append(std::span<const std::uint8_t> bytes);

  // Throws away what has come in.
  void restart();

  // Makes FILE of FILE.part. To be called when all bytes are there and verified.
  void commit();

  // Why the bytes are not on disk; empty as long as they are.
  const std::string& unsaved() const { return unsaved_; }

 private:
  std::filesystem::path part() const;
  bool open(int flags);
  bool succeeded(bool success);

  std::filesystem::path file_;
  FileDescriptor part_;
  std::vector<std::uint8_t> bytes_;
  std::string unsaved_;
};

}  // namespace mnist
