#include "machine/gpu_presence.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "machine/system_file.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// The names in a folder, sorted; none where it cannot be read.
std::vector<std::string> entries(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// "0x2335"; 0 where it is nothing of the kind.
unsigned hexadecimal(std::string_view text) {
  unsigned value = 0;
  if (text.starts_with("0x"))
    std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  return value;
}

std::string mode_text(mode_t mode) {
  std::string text = S_ISCHR(mode) ? "c" : S_ISBLK(mode) ? "b" : "-";
  constexpr std::string_view letters = "rwxrwxrwx";
  for (std::size_t i = 0; i < letters.size(); ++i)
    text += (mode & (0400u >> i)) != 0 ? letters[i] : '-';
  return text;
}

// A device that a container has lost has its permissions still, and refuses to be opened. Asked of
// the control device alone: behind the others are GPUs, and one that hangs would hang this process.
bool can_be_used(const fs::path& file) {
  if (::faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) != 0) return false;
  return file.filename() != "nvidiactl" ||
         FileDescriptor(::open(file.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)).is_open();
}

// Container runtimes and the Kubernetes device plugin name the GPUs that they gave. "all" names
// none: images set it for themselves, and then it says nothing about the machine.
std::optional<std::string> named_by_runtime(const Machine& machine) {
  constexpr std::array<std::string_view, 4> naming_none{"", "none", "void", "all"};
  const char* value = machine.environment("NVIDIA_VISIBLE_DEVICES");
  if (value == nullptr || std::ranges::count(naming_none, std::string_view(value)))
    return std::nullopt;
  return std::string("NVIDIA_VISIBLE_DEVICES=") + value;
}

}  // namespace

// A GPU is there even where its driver is not. Class 0x03 is display controllers; a card's audio
// and USB functions, and NVIDIA's bridges, are of other classes.
std::vector<PciGpu> pci_gpus(const Machine& machine) {
  const fs::path folder = machine.root / "sys/bus/pci/devices";
  std::vector<PciGpu> gpus;
  for (const std::string& address : entries(folder))
    if (system_line(folder / address / "vendor") == "0x10de" &&
        system_line(folder / address / "class").starts_with("0x03"))
      gpus.push_back({address, hexadecimal(system_line(folder / address / "device"))});
  return gpus;
}

std::vector<DeviceFile> device_files(const Machine& machine) {
  std::vector<DeviceFile> files;
  for (const std::string& name : entries(machine.root / "dev")) {
    const fs::path file = machine.root / "dev" / name;
    struct stat status {};
    // Beside the devices is a folder of capabilities, /dev/nvidia-caps.
    if (!name.starts_with("nvidia") || ::stat(file.c_str(), &status) != 0 ||
        S_ISDIR(status.st_mode))
      continue;
    files.push_back({"/dev/" + name, mode_text(status.st_mode),
                     std::to_string(status.st_uid) + ":" + std::to_string(status.st_gid),
                     can_be_used(file)});
  }
  return files;
}

std::optional<std::string> nvidia_gpu_evidence(const Machine& machine) {
  // The driver's own devices; a container that was given a GPU has them.
  if (const auto files = device_files(machine); !files.empty()) return files.front().path;
  if (const auto gpus = pci_gpus(machine); !gpus.empty())
    return "PCI device " + gpus.front().address;
  return named_by_runtime(machine);
}

}  // namespace mnist
