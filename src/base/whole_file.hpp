// A file replaced as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mnist {

// Replaces what `path`, or the file that it is a link to, holds by `content`. A regular or new file
// is written under another name beside it and renamed, so that no reader ever sees half of it; what
// exists and is something else (a pipe, a device, this process's own output) is written to, and so
// is a regular file that cannot be renamed over, such as one mounted into a container. Blocks while
// a pipe has no reader. Throws Error(failed) where it cannot be written.
void write_whole_file(const std::filesystem::path& path, std::string_view content);

// Why write_whole_file() would fail, as far as that can be told without making or changing a file;
// empty where nothing is in its way.
std::string write_obstacle(const std::filesystem::path& path);

}  // namespace mnist
