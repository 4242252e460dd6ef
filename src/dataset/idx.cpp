#include "dataset/idx.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/shape.hpp"
#include "dataset/damage.hpp"

namespace mnist {
namespace {

// Two zero bytes, the type (8: unsigned bytes), the number of dimensions.
constexpr std::uint32_t images_magic = 0x00000803;
constexpr std::uint32_t labels_magic = 0x00000801;

constexpr std::uint32_t longest_side = 65535;

std::uint32_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
}

void append_big_endian(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::string hexadecimal(std::uint32_t magic) {
  std::array<char, 11> text;
  std::snprintf(text.data(), text.size(), "0x%08x", magic);
  return text.data();
}

void check_magic(const std::string& name, std::uint32_t found, IdxKind kind) {
  const std::uint32_t expected = kind == IdxKind::images ? images_magic : labels_magic;
  if (found == expected) return;
  std::string what;
  if (found == images_magic) what = " (images)";
  if (found == labels_magic) what = " (labels)";
  if (found >> 16 == 0x1f8b) what = " (gzip, whose name should end in .gz)";
  throw damaged(name, "begins with " + hexadecimal(found) + what + "; expected " +
                          hexadecimal(expected) +
                          (kind == IdxKind::images ? " (images)" : " (labels)"));
}

std::string declaration(const IdxFile& file) {
  if (file.kind == IdxKind::labels) return std::to_string(file.count) + " labels";
  return std::to_string(file.count) + " images of " + std::to_string(file.rows) + " x " +
         std::to_string(file.columns);
}

void check_labels(const std::string& name, const std::vector<std::uint8_t>& labels) {
  const auto wrong = std::find_if(labels.begin(), labels.end(),
                                  [](std::uint8_t label) { return label >= class_count; });
  if (wrong != labels.end())
    throw damaged(name, "label number " + std::to_string(wrong - labels.begin()) + " is " +
                            std::to_string(*wrong) + "; expected 0 to " +
                            std::to_string(class_count - 1));
}

}  // namespace

IdxFile read_idx(ByteStream& stream, IdxKind kind) {
  const std::string& name = stream.name();
  std::array<std::uint8_t, 16> header{};
  const std::size_t header_size = kind == IdxKind::images ? 16 : 8;
  const std::size_t found = stream.read(std::span(header).first(header_size));
  if (found >= 4) check_magic(name, big_endian(std::span(header).subspan<0, 4>()), kind);
  if (found < header_size)
    throw damaged(name, "is cut short: it holds " + std::to_string(found) +
                            " bytes; expected an IDX header of " + std::to_string(header_size));

  IdxFile file{.kind = kind, .values = {}, .sha256 = {}};
  file.count = big_endian(std::span(header).subspan<4, 4>());
  if (kind == IdxKind::images) {
    file.rows = big_endian(std::span(header).subspan<8, 4>());
    file.columns = big_endian(std::span(header).subspan<12, 4>());
  }
  if (file.count == 0 || file.rows == 0 || file.columns == 0 || file.rows > longest_side ||
      file.columns > longest_side)
    throw damaged(name, "its header declares " + declaration(file) +
                            "; expected at least one, with sides of 1 to " +
                            std::to_string(longest_side));
  const std::uint64_t size = std::uint64_t{file.count} * file.rows * file.columns;
  const std::string declared =
      declaration(file) + ", " + std::to_string(header_size + size) + " bytes";
  if (header_size + size > stream.most_bytes())
    throw damaged(name, "is cut short, or its header is wrong: the file cannot hold more than " +
                            std::to_string(stream.most_bytes()) + " bytes; expected " + declared +
                            ", which its header declares");

  // Reserved and not yet touched: a wrong header costs addresses, and memory only as bytes come.
  file.values.reserve(size);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(header).first(header_size)));
  std::array<std::uint8_t, 65536> buffer;  // small enough to be hashed and copied in cache
  while (file.values.size() < size) {
    const std::size_t wanted = std::min<std::uint64_t>(buffer.size(), size - file.values.size());
    const auto chunk = std::span(buffer).first(stream.read(std::span(buffer).first(wanted)));
    hash.update(std::as_bytes(chunk));
    file.values.insert(file.values.end(), chunk.begin(), chunk.end());
    if (chunk.size() < wanted)
      throw damaged(name, "is cut short: it holds " +
                              std::to_string(header_size + file.values.size()) +
                              " bytes; expected " + declared + ", which its header declares");
  }
  if (stream.read(std::span(buffer).first(1)) != 0)
    throw damaged(name, "goes on after what its header declares; expected " + declared);
  file.sha256 = hash.hex();
  if (kind == IdxKind::labels) check_labels(name, file.values);
  return file;
}

std::vector<std::uint8_t> idx_header(const IdxFile& file) {
  std::vector<std::uint8_t> header;
  append_big_endian(header, file.kind == IdxKind::images ? images_magic : labels_magic);
  append_big_endian(header, file.count);
  if (file.kind == IdxKind::images) {
    append_big_endian(header, file.rows);
    append_big_endian(header, file.columns);
  }
  return header;
}

void hash_idx(Sha256& hash, const IdxFile& file, std::span<const std::uint8_t> values) {
  const std::vector<std::uint8_t> header = idx_header(file);
  hash.update(std::as_bytes(std::span(header)));
  hash.update(std::as_bytes(values));
}

}  // namespace mnist
