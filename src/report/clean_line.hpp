// Text of anybody's as every reader takes it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mnist {

// `text` as one line of valid UTF-8: each control character (a line feed is one), each byte that is
// no UTF-8 and what is no character becomes U+FFFD.
std::string clean_line(std::string_view text);

// The clean line's first bytes, at most `most`, cut where a character ends, with "..." in place of
// what was cut; `most` is at least 3.
std::string clean_line(std::string_view text, std::size_t most);

// The clean line as text, or as an attribute's value between double quotes, of XML and HTML.
std::string markup_line(std::string_view text);

}  // namespace mnist
