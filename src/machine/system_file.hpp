// The text of files in which the kernel and container runtimes tell facts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mnist {

// A file's first 4 MiB; empty where it cannot be read. Never waits, whatever the file is.
std::string system_text(const std::filesystem::path& file);

// Likewise, its first line without what surrounds it; empty where that is empty.
std::string system_line(const std::filesystem::path& file);

// Takes the first line off `text`, which must not be empty.
std::string_view take_line(std::string_view& text);

}  // namespace mnist
