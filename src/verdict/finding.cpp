#include "verdict/finding.hpp"

#include <algorithm>
#include <vector>

#include "verdict/compatibility.hpp"
#include "verdict/xid_meaning.hpp"

namespace mnist {
namespace {

// A library's path of a hundred folders would bury everything else.
std::string shortened(const std::string& text) {
  constexpr std::size_t most = 160;
  return text.size() <= most ? text : text.substr(0, most) + "[...]";
}

// The first few, and how many more there are.
std::string first_of(const std::vector<std::string>& items) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i)
    text += (i > 0 ? ", " : "") + items[i];
  if (items.size() > most) text += " and " + std::to_string(items.size() - most) + " more";
  return text;
}

// The newest for which `holds`; null for none.
template <class Predicate>
const Xid* newest(const Evidence& evidence, const Predicate& holds) {
  const std::string here = evidence.gpu ? evidence.gpu->pci_bus_id : "";
  const auto found = std::find_if(evidence.xids.rbegin(), evidence.xids.rend(),
                                  [&](const Xid& xid) { return is_of(xid, here) && holds(xid); });
  return found == evidence.xids.rend() ? nullptr : &*found;
}

}  // namespace

std::string joined(std::initializer_list<std::string> facts) {
  std::string text;
  for (const std::string& fact : facts)
    if (!fact.empty()) text += (text.empty() ? "" : ", ") + fact;
  return text;
}

// CUDA's own explanation, after the comma, is often the wrong one.
std::string call_finding(const GpuFailureFacts& failure) {
  const std::string& text = failure.status_text;
  return text.substr(0, failure.library == GpuLibrary::cuda ? text.find(',') : text.npos) +
         " when " + failure.doing;
}

std::string pci_finding(const Evidence& evidence) {
  if (evidence.pci_gpus.empty()) return "no NVIDIA GPU on PCI";
  const PciGpu& first = evidence.pci_gpus.front();
  const Generation* const generation = generation_of(first.device_id);
  std::string text = "PCI " + first.address;
  if (generation) text += " (" + std::string(generation->name) + ")";
  if (const std::size_t more = evidence.pci_gpus.size() - 1; more > 0)
    text += " and " + std::to_string(more) + " more";
  return text;
}

std::string device_finding(const Evidence& evidence) {
  if (evidence.device_files.empty()) return "no /dev/nvidia*";
  std::vector<std::string> paths;
  for (const DeviceFile& file : evidence.device_files) paths.push_back(file.path);
  return first_of(paths);
}

std::string refusal_finding(const Evidence& evidence) {
  std::vector<std::string> refused;
  for (const DeviceFile& file : evidence.device_files)
    if (!file.usable) refused.push_back(file.path + " is " + file.mode + " " + file.owner);
  return first_of(refused);
}

std::string variable_finding(const Evidence& evidence, const std::string& name) {
  const auto found = evidence.variables.find(name);
  if (found == evidence.variables.end()) return name + " is not set";
  return name + "=" + (found->second.empty() ? "''" : shortened(found->second));
}

std::string driver_finding(const GpuFailureFacts& failure, const std::string& version) {
  std::string text = version.empty() ? "the driver" : "driver " + version;
  if (failure.driver_cuda > 0) text += " runs CUDA up to " + cuda_text(failure.driver_cuda);
  return text;
}

std::string memory_finding(const GpuFailureFacts& failure) {
  if (!failure.free_memory_bytes || !failure.total_memory_bytes) return "";
  return std::to_string(*failure.free_memory_bytes >> 20) + " of " +
         std::to_string(*failure.total_memory_bytes >> 20) + " MiB free";
}

std::string users_finding(const Evidence& evidence) {
  if (!evidence.gpu || !evidence.gpu->readings.processes) return "";
  return "processes on the GPU at the start: " + std::to_string(*evidence.gpu->readings.processes);
}

std::string xid_finding(const Xid& xid) {
  std::string text = "Xid " + std::to_string(xid.number);
  if (!xid.pci_bus_id.empty()) text += " of " + xid.pci_bus_id;
  if (xid.before_run) text += " before this run";
  if (!xid.text.empty()) text += ": " + shortened(xid.text);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

const Xid* telling_xid(const Evidence& evidence) {
  const Xid* const hardware =
      newest(evidence, [](const Xid& xid) { return is_hardware_xid(xid.number); });
  return hardware ? hardware : newest(evidence, [](const Xid&) { return true; });
}

const Xid* hardware_xid_of_run(const Evidence& evidence) {
  return newest(evidence,
                [](const Xid& xid) { return is_hardware_xid(xid.number) && !xid.before_run; });
}

std::string cuda_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace mnist
