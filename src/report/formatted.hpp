// One number as text, in printf's words.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace mnist {

// `format` has one conversion, of Number's kind, and makes fewer than 64 characters.
template <class Number>
std::string formatted(const char* format, Number value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace mnist
