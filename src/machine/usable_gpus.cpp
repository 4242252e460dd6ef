#include "machine/usable_gpus.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace mnist {
namespace {

// A GPU, or a part of one, as NVML lists it.
struct Listed {
  std::size_t number = 0;  // of the whole
  std::string whole;       // the UUID of the whole
  std::string uuid;
  std::string name;
  bool part = false;
};

std::vector<Listed> listed(const std::vector<NvmlDevice>& devices) {
  std::vector<Listed> all;
  for (std::size_t number = 0; number < devices.size(); ++number) {
    const NvmlDevice& whole = devices[number];
    if (!whole.mig_enabled) all.push_back({number, whole.uuid, whole.uuid, whole.name, false});
    for (const std::string& part : whole.mig_uuids)
      all.push_back({number, whole.uuid, part, whole.name + " MIG", true});
  }
  return all;
}

std::optional<std::size_t> number_in(std::string_view word) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

// What one entry of CUDA_VISIBLE_DEVICES names; none where it is not of one GPU, or one part.
std::vector<Listed> named(std::string_view entry, const std::vector<Listed>& all) {
  std::vector<Listed> found;
  if (const auto number = number_in(entry))
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const Listed& one) { return one.number == *number; });
  else if (entry.starts_with("GPU-"))
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const Listed& one) { return one.whole.starts_with(entry); });
  else if (entry.starts_with("MIG-"))
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const Listed& one) { return one.uuid.starts_with(entry); });
  const bool of_parts = entry.starts_with("MIG-");
  for (const Listed& one : found)
    if (of_parts ? found.size() > 1 : one.number != found.front().number) return {};
  return found;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// As CUDA reads the variable: what follows an entry that names nothing is hidden.
std::vector<Listed> not_hidden(const std::vector<Listed>& all, std::string_view variable) {
  std::vector<Listed> seen;
  while (!variable.empty()) {
    const std::size_t end = std::min(variable.find(','), variable.size());
    const std::vector<Listed> found = named(trimmed(variable.substr(0, end)), all);
    if (found.empty()) break;
    for (const Listed& one : found)
      if (!std::ranges::count(seen, one.uuid, &Listed::uuid)) seen.push_back(one);
    variable.remove_prefix(std::min(end + 1, variable.size()));
  }
  return seen;
}

}  // namespace

std::vector<Gpu> usable_gpus(const std::vector<Gpu>& shown, const std::vector<NvmlDevice>& devices,
                             const Environment& environment) {
  if (std::ranges::none_of(devices, &NvmlDevice::mig_enabled)) return shown;
  std::vector<Listed> usable = listed(devices);
  if (const char* const variable = environment("CUDA_VISIBLE_DEVICES"))
    usable = not_hidden(usable, variable);
  std::vector<Gpu> gpus;
  for (const Listed& one : usable) {
    const auto known = std::ranges::find(shown, one.uuid, &Gpu::uuid);
    Gpu gpu;
    if (known != shown.end()) {
      gpu = *known;
    } else {
      gpu.name = one.name;
      gpu.uuid = one.uuid;
      gpu.mig = one.part;
      if (!shown.empty()) gpu.driver_version = shown.front().driver_version;
    }
    gpu.index = static_cast<int>(gpus.size());
    gpus.push_back(std::move(gpu));
  }
  return gpus;
}

}  // namespace mnist
