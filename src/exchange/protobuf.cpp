#include "exchange/protobuf.hpp"

#include <bit>

namespace mnist {
namespace {

enum class WireType : std::uint32_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

void append_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>((value & 0x7F) | 0x80);
  to += static_cast<char>(value);
}

void append_tag(std::string& to, std::uint32_t field, WireType type) {
  append_varint(to, (std::uint64_t{field} << 3) | static_cast<std::uint32_t>(type));
}

// As they lie in memory, which is little-endian, as the encoding is.
static_assert(std::endian::native == std::endian::little);

template <class Number>
std::string_view bytes_of(std::span<const Number> numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

}  // namespace

ProtobufWriter& ProtobufWriter::encoded_varint(std::uint32_t field, std::uint64_t value) {
  append_tag(encoded_, field, WireType::varint);
  append_varint(encoded_, value);
  return *this;
}

ProtobufWriter& ProtobufWriter::float32(std::uint32_t field, float value) {
  append_tag(encoded_, field, WireType::fixed32);
  encoded_ += bytes_of(std::span<const float>(&value, 1));
  return *this;
}

ProtobufWriter& ProtobufWriter::float64(std::uint32_t field, double value) {
  append_tag(encoded_, field, WireType::fixed64);
  encoded_ += bytes_of(std::span<const double>(&value, 1));
  return *this;
}

ProtobufWriter& ProtobufWriter::bytes(std::uint32_t field, std::string_view value) {
  append_tag(encoded_, field, WireType::length_delimited);
  append_varint(encoded_, value.size());
  encoded_ += value;
  return *this;
}

ProtobufWriter& ProtobufWriter::packed(std::uint32_t field, std::span<const std::int64_t> values) {
  std::string varints;
  for (const std::int64_t value : values) append_varint(varints, static_cast<std::uint64_t>(value));
  return bytes(field, varints);
}

ProtobufWriter& ProtobufWriter::packed(std::uint32_t field, std::span<const float> values) {
  return bytes(field, bytes_of(values));
}

ProtobufWriter& ProtobufWriter::packed(std::uint32_t field, std::span<const double> values) {
  return bytes(field, bytes_of(values));
}

}  // namespace mnist
