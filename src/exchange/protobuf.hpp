// Writes protocol buffers, which TensorBoard and ONNX read:
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace mnist {

// One message, in its encoded form. Each call adds a field, by its number in the message's
// definition; a repeated field is added as often as it has values, a packed one at once. A field of
// zero or of no bytes is written as well, which readers take for the same as one left out.
class ProtobufWriter {
 public:
  // int32, int64, uint64, enum, bool.
  template <class Integer>
  requires std::is_integral_v<Integer> || std::is_enum_v<Integer> ProtobufWriter& varint(
      std::uint32_t field, Integer value) {
    return encoded_varint(field, static_cast<std::uint64_t>(value));
  }
  ProtobufWriter& float32(std::uint32_t field, float value);
  ProtobufWriter& float64(std::uint32_t field, double value);
  // bytes, string.
  ProtobufWriter& bytes(std::uint32_t field, std::string_view value);
  ProtobufWriter& message(std::uint32_t field, const ProtobufWriter& value) {
    return bytes(field, value.encoded());
  }
  ProtobufWriter& packed(std::uint32_t field, std::span<const std::int64_t> values);
  ProtobufWriter& packed(std::uint32_t field, std::span<const float> values);
  ProtobufWriter& packed(std::uint32_t field, std::span<const double> values);

  const std::string& encoded() const { return encoded_; }

 private:
  ProtobufWriter& encoded_varint(std::uint32_t field, std::uint64_t value);

  std::string encoded_;
};

}  // namespace mnist
