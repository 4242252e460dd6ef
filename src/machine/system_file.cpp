#include "machine/system_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/file_descriptor.hpp"

namespace mnist {
namespace {

constexpr std::size_t most_bytes = std::size_t{4} << 20;
constexpr std::string_view spaces = " \t\r";

}  // namespace

std::string system_text(const std::filesystem::path& file) {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  std::string text;
  std::array<char, 16384> piece{};
  ssize_t length = 0;
  while (opened.is_open() && text.size() < most_bytes &&
         (length = ::read(opened.get(), piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(length));
  return text;
}

std::string system_line(const std::filesystem::path& file) {
  const std::string text = system_text(file);
  std::string_view line = text;
  if (!line.empty()) line = take_line(line);
  const std::size_t first = line.find_first_not_of(spaces);
  if (first == line.npos) return "";
  return std::string(line.substr(first, line.find_last_not_of(spaces) - first + 1));
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace mnist
