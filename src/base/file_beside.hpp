// A new file that is to take the place of another.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/file_descriptor.hpp"

namespace mnist {

// Where the file system knows of files without a name it has none until it takes its place, so that
// a process that is killed while it writes leaves nothing behind. Each function returns errno, or
// 0; a file that did not take its place is gone with this.
class FileBeside {
 public:
  // `path` is in the same folder, and need not exist.
  explicit FileBeside(const std::filesystem::path& path) : path_(path) {}
  FileBeside(const FileBeside&) = delete;
  FileBeside& operator=(const FileBeside&) = delete;
  ~FileBeside();

  // Readable and writable by its owner alone.
  int make();
  int get() const { return file_.get(); }
  // Renames it to `path`, whatever that was.
  int take_place();

 private:
  int take_name(const std::function<int(const char* name)>& take);

  std::filesystem::path path_;
  FileDescriptor file_;
  std::string name_;  // empty while it has none
};

}  // namespace mnist
