// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by which TensorBoard knows a whole record.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mnist {

inline constexpr std::array<std::uint32_t, 256> crc32c_of_bytes = [] {
  constexpr std::uint32_t reflected_polynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    table[byte] = byte;
    for (int bit = 0; bit < 8; ++bit)
      table[byte] = (table[byte] >> 1) ^ (table[byte] & 1 ? reflected_polynomial : 0);
  }
  return table;
}();

inline std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = crc32c_of_bytes[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

}  // namespace mnist
