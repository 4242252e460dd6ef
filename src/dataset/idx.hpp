// The IDX format of labelled images: a big-endian header, then one byte a pixel or label.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/byte_stream.hpp"
#include "dataset/sha256.hpp"

namespace mnist {

enum class IdxKind { images, labels };

struct IdxFile {
  IdxKind kind = IdxKind::images;
  std::uint32_t count = 0;
  std::uint32_t rows = 1;  // of an image; 1 for labels
  std::uint32_t columns = 1;
  std::vector<std::uint8_t> values;  // count * rows * columns
  std::string sha256;                // of the whole file, header and values
};

// Reads one file to its end, no further than one byte past what its header declares. Throws
// Error(data_damaged) where the file is not what its header says, or the header not what `kind`
// says; no memory is taken on the word of a header that the file is too small for.
IdxFile read_idx(ByteStream& stream, IdxKind kind);

// The bytes in front of the values.
std::vector<std::uint8_t> idx_header(const IdxFile& file);

// Adds a file's bytes to `hash`: its header as `file` declares it, then `values`.
void hash_idx(Sha256& hash, const IdxFile& file, std::span<const std::uint8_t> values);

}  // namespace mnist
