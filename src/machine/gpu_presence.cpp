#include "machine/gpu_presence.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>
#include <vector>

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

std::string first_word(const fs::path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

// The driver's own devices; a container that was given a GPU has them.
std::optional<std::string> device_file(const Machine& machine) {
  for (const std::string& name : entries(machine.root / "dev"))
    if (name.starts_with("nvidia")) return "/dev/" + name;
  return std::nullopt;
}

// A GPU is there even where its driver is not. Class 0x03 is display controllers; a card's audio
// and USB functions, and NVIDIA's bridges, are of other classes.
std::optional<std::string> pci_device(const Machine& machine) {
  const fs::path folder = machine.root / "sys/bus/pci/devices";
  for (const std::string& address : entries(folder))
    if (first_word(folder / address / "vendor") == "0x10de" &&
        first_word(folder / address / "class").starts_with("0x03"))
      return "PCI device " + address;
  return std::nullopt;
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

std::optional<std::string> nvidia_gpu_evidence(const Machine& machine) {
  if (auto found = device_file(machine)) return found;
  if (auto found = pci_device(machine)) return found;
  return named_by_runtime(machine);
}

}  // namespace mnist
