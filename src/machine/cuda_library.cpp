#include "machine/cuda_library.hpp"

#include <dlfcn.h>

#include <utility>

#include "machine/gpu_failure.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

void* open_file(const std::string& file) { return ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL); }

bool has(const fs::path& folder, const std::string& file) {
  std::error_code unreadable;
  return fs::exists(folder / file, unreadable);
}

void list(std::string& items, const char* separator, const std::string& item) {
  items += (items.empty() ? "" : separator) + item;
}

class Search {
 public:
  Search(const std::string& file, const std::string& needed) : file_(file), needed_(needed) {}

  // Null where none of them has it.
  void* in_folders(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) {
      list(places_, ", ", folder.string());
      if (!has(folder, file_)) continue;
      // Not every copy says that what it needs lies beside it; once opened, it is known by name.
      if (!needed_.empty() && has(folder, needed_)) open_file(folder / needed_);
      if (void* const handle = open_file(folder / file_)) return handle;
      list(refusals_, "; ", ::dlerror());
    }
    return nullptr;
  }

  void* in_system() {
    list(places_, ", ", "the system's folders");
    if (void* const handle = open_file(file_)) return handle;
    // That it is not there is no refusal; that something is missing which it needs is one.
    if (const std::string refusal = ::dlerror();
        !refusal.starts_with(file_ + ": cannot open shared object file: No such file"))
      list(refusals_, "; ", refusal);
    return nullptr;
  }

  std::string failure() const {
    if (refusals_.empty()) return "is missing (looked for in " + places_ + ")";
    return "cannot be used: " + refusals_ + " (looked for in " + places_ + ")";
  }

 private:
  const std::string& file_;
  const std::string& needed_;
  std::string places_;
  std::string refusals_;
};

}  // namespace

CudaLibrary::CudaLibrary(std::string name, std::string file, const std::string& needed,
                         const CudaLibraryFolders& folders)
    : name_(std::move(name)), file_(std::move(file)) {
  Search search(file_, needed);
  handle_ = search.in_folders(folders.before_system);
  if (!handle_) handle_ = search.in_system();
  if (!handle_) handle_ = search.in_folders(folders.after_system);
  if (!handle_) fail(search.failure());
}

void* CudaLibrary::address(const char* symbol) const {
  void* const found = ::dlsym(handle_, symbol);
  if (!found) fail(std::string("has no function ") + symbol);
  return found;
}

void CudaLibrary::fail(const std::string& how, std::source_location where) const {
  throw GpuFailure({.library = GpuLibrary::loader,
                    .status_text = file_ + " " + how,
                    .doing = "opening " + name_,
                    .wanted = name_},
                   where);
}

}  // namespace mnist
