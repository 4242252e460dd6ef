// The safetensors format: named tensors of floats, and words about them.
// https://huggingface.co/docs/safetensors
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace mnist {

using TensorShape = std::vector<std::size_t>;

struct Tensor {
  std::string name;
  TensorShape shape;
  std::vector<float> values;  // the last dimension's are neighbours
};

// What a file says of itself: text by name.
using Metadata = std::map<std::string, std::string>;

// The name under which a file has the SHA-256 of all else that it says and holds, so that no bit of
// it can turn unnoticed.
inline constexpr char content_sha256[] = "content_sha256";

// A file of the tensors in the order of their names, which is the order in which the format's own
// library writes them. Adds content_sha256 to the metadata.
std::string to_safetensors(Metadata metadata, std::vector<Tensor> tensors);

// A file that is being read. Every function throws Error(data_damaged) where the file is not what
// it should be; no memory is taken on the word of a header.
class SafetensorsFile {
 public:
  // Reads it once, through all that can be checked: the header, that the tensors are floats without
  // holes or overlaps between them, and, where it has one, its content_sha256.
  explicit SafetensorsFile(const std::filesystem::path& path);

  const Metadata& metadata() const { return metadata_; }
  // What the metadata have under `name`, which has to be there.
  const std::string& said(const std::string& name) const;

  std::size_t tensor_count() const { return tensors_.size(); }
  // The values of the tensor `name`, which has to be of `shape`, and finite.
  std::vector<float> read(const std::string& name, const TensorShape& shape) const;

  // To be thrown: `finding` says what was found, and what was expected.
  Error damaged(const std::string& finding) const;

 private:
  struct Place {
    TensorShape shape;
    std::uint64_t begin = 0;  // in bytes from data_begin_
    std::uint64_t end = 0;
  };

  std::string read_header();
  void take_header(const std::string& header);
  void require_no_gaps() const;
  void require_content() const;
  void read_at(std::uint64_t offset, void* to, std::size_t size) const;

  std::string name_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
  std::uint64_t data_begin_ = 0;
  Metadata metadata_;
  std::map<std::string, Place> tensors_;
};

}  // namespace mnist
