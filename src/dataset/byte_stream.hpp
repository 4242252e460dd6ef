// Bytes in order, from a file or from memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/file_descriptor.hpp"

namespace mnist {

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Fills `out`, unless the end comes first. Returns how many bytes came: fewer than asked for are
  // the last ones.
  virtual std::size_t read(std::span<std::uint8_t> out) = 0;

  // Not more bytes than this can come in all.
  virtual std::uint64_t most_bytes() const = 0;

  // What the bytes are called in messages.
  virtual const std::string& name() const = 0;
};

// Throws Error(data_unavailable) where the file cannot be opened or read.
class FileStream final : public ByteStream {
 public:
  explicit FileStream(const std::filesystem::path& file);

  std::size_t read(std::span<std::uint8_t> out) override;
  std::uint64_t most_bytes() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

// The bytes belong to the caller and must stay alive.
class MemoryStream final : public ByteStream {
 public:
  MemoryStream(std::span<const std::uint8_t> bytes, std::string name);

  std::size_t read(std::span<std::uint8_t> out) override;
  std::uint64_t most_bytes() const override { return size_; }
  const std::string& name() const override { return name_; }

 private:
  std::span<const std::uint8_t> rest_;
  std::string name_;
  std::uint64_t size_;
};

}  // namespace mnist
