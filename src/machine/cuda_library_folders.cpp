#include "machine/cuda_library_folders.hpp"

#include <algorithm>
#include <functional>
#include <string>

#include "base/error.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// Collects folders that exist, each once, whatever links lead to it.
class Folders {
 public:
  void add(const fs::path& folder) {
    std::error_code missing;
    fs::path real = fs::canonical(folder, missing);
    if (!missing && fs::is_directory(real, missing) && !std::ranges::count(found_, real))
      found_.push_back(std::move(real));
  }
  std::vector<fs::path> take() { return std::move(found_); }

 private:
  std::vector<fs::path> found_;
};

// The paths in `folder` whose names begin with `prefix`, the highest version first, as far as
// spelling tells.
std::vector<fs::path> matches(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored))
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  std::ranges::sort(found, std::greater{});
  return found;
}

// `path`, which is absolute, in the machine's own tree.
fs::path inside(const Machine& machine, const fs::path& path) {
  return path.is_absolute() ? machine.root / path.relative_path() : path;
}

// The folder that a variable names; empty where it names none.
fs::path named_by(const Machine& machine, const char* variable) {
  const char* value = machine.environment(variable);
  return value && *value ? inside(machine, value) : fs::path();
}

// A toolkit's or cuDNN's folder, or its folder of libraries itself.
// Whoever names a folder wants what is in it, and not what is found elsewhere.
void add_root(const fs::path& root, Folders& folders) {
  if (std::error_code missing; !fs::is_directory(root, missing))
    throw Error(ExitCode::usage, "CUDNN_ROOT names " + root.string() + ", where no folder is",
                "name the folder that cuDNN's lib is in, or leave CUDNN_ROOT unset");
  for (const char* lib : {"lib64", "lib", "."}) folders.add(root / lib);
}

void add_toolkits(const Machine& machine, Folders& folders) {
  const fs::path local = machine.root / "usr/local";
  std::vector<fs::path> toolkits = matches(local, "cuda");
  // The administrator's choice among them.
  toolkits.insert(toolkits.begin(), local / "cuda");
  for (const fs::path& toolkit : toolkits) {
    folders.add(toolkit / "lib64");
    for (const fs::path& target : matches(toolkit / "targets", "")) folders.add(target / "lib");
  }
}

void add_packages(const fs::path& site, Folders& folders) {
  for (const char* package : {"cudnn", "cublas"}) folders.add(site / "nvidia" / package / "lib");
  // cu13, cu14, ...: all of a CUDA version, but for cuDNN.
  for (const fs::path& package : matches(site / "nvidia", "cu"))
    if (const std::string name = package.filename().string();
        name.find_first_not_of("0123456789", 2) == std::string::npos)
      folders.add(package / "lib");
}

void add_python(const Machine& machine, Folders& folders) {
  std::vector<fs::path> prefixes;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const fs::path prefix = named_by(machine, variable); !prefix.empty())
      prefixes.push_back(prefix);
  if (const fs::path home = named_by(machine, "HOME"); !home.empty())
    prefixes.push_back(home / ".local");
  prefixes.push_back(machine.root / "usr/local");
  prefixes.push_back(machine.root / "usr");
  for (const fs::path& prefix : prefixes)
    for (const fs::path& python : matches(prefix / "lib", "python3"))
      for (const char* packages : {"site-packages", "dist-packages"})
        add_packages(python / packages, folders);
  // Conda's own packages of the two libraries.
  if (const fs::path conda = named_by(machine, "CONDA_PREFIX"); !conda.empty())
    folders.add(conda / "lib");
}

}  // namespace

CudaLibraryFolders cuda_library_folders(const Machine& machine, std::string_view known_at_build) {
  Folders named;
  if (const fs::path root = named_by(machine, "CUDNN_ROOT"); !root.empty()) add_root(root, named);
  Folders guessed;
  while (!known_at_build.empty()) {
    const std::size_t end = std::min(known_at_build.find(':'), known_at_build.size());
    if (end > 0) guessed.add(inside(machine, known_at_build.substr(0, end)));
    known_at_build.remove_prefix(std::min(end + 1, known_at_build.size()));
  }
  add_toolkits(machine, guessed);
  add_python(machine, guessed);
  return {named.take(), guessed.take()};
}

}  // namespace mnist
