// A file replaced as a whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mnist {

// How a file may come to its new content.
enum class Writing {
  in_any_way,
  by_rename,  // alone: what was there before is there whole until the new content is
};

// Replaces what `path`, or the file that it is a link to, holds by `content`. A regular or new file
// is written under another name beside it and renamed, so that no reader ever sees half of it. What
// exists and is something else (a pipe, a device, this process's own output) is written to, and so
// is a regular file that cannot be renamed over, such as one mounted into a container; neither is
// where a rename alone will do. Blocks while a pipe has no reader. Throws Error(failed) where it
// cannot be written: a full disk then leaves a file that can be renamed over as it was.
void write_whole_file(const std::filesystem::path& path, std::string_view content,
                      Writing how = Writing::in_any_way);

// Why write_whole_file() would fail, as far as that can be told without changing a file or waiting;
// empty where nothing is in its way. A disk that is full tells so when a new file is tried there,
// which is gone again afterwards.
std::string write_obstacle(const std::filesystem::path& path, Writing how = Writing::in_any_way);

}  // namespace mnist
