#include "report/clean_line.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mnist {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view ellipsis = "...";

unsigned char byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// The bytes that a character takes which begins with `first`; 0 where none does.
std::size_t length_from(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC0 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  if (first >= 0xF0 && first < 0xF8) return 4;
  return 0;
}

// What may stand in a line of XML 1.0, less the control characters that it allows.
bool is_readable(std::uint32_t character, std::size_t length) {
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  // by length
  const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return character >= least[length] && character <= 0x10FFFF && !control && !surrogate &&
         character != 0xFFFE && character != 0xFFFF;
}

// The bytes of the character that `text` begins with; 0 where they are none, or none to be shown.
std::size_t readable_length(std::string_view text) {
  const std::size_t length = length_from(byte_at(text, 0));
  if (length == 0 || length > text.size()) return 0;
  std::uint32_t character = byte_at(text, 0) & (length == 1 ? 0x7Fu : 0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
    character = character << 6 | (byte_at(text, i) & 0x3Fu);
  }
  return is_readable(character, length) ? length : 0;
}

}  // namespace

std::string clean_line(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = readable_length(text);
    clean += length > 0 ? text.substr(0, length) : replacement;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

std::string clean_line(std::string_view text, std::size_t most) {
  std::string line = clean_line(text);
  if (line.size() <= most) return line;
  std::size_t end = most - ellipsis.size();
  while (end > 0 && is_continuation(byte_at(line, end))) --end;
  return line.replace(end, std::string::npos, ellipsis);
}

std::string markup_line(std::string_view text) {
  std::string markup;
  for (const char c : clean_line(text)) switch (c) {
      case '&':
        markup += "&amp;";
        break;
      case '<':
        markup += "&lt;";
        break;
      case '>':
        markup += "&gt;";
        break;
      case '"':
        markup += "&quot;";
        break;
      default:
        markup += c;
    }
  return markup;
}

}  // namespace mnist
