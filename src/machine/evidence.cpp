#include "machine/evidence.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "machine/kernel_log.hpp"
#include "machine/nvml.hpp"
#include "machine/nvml_gpu.hpp"
#include "machine/system_file.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// None holds a secret, and each has been the cause of a failure.
constexpr std::array watched_variables{"CUDA_VISIBLE_DEVICES",
                                       "NVIDIA_VISIBLE_DEVICES",
                                       "NVIDIA_DRIVER_CAPABILITIES",
                                       "LD_LIBRARY_PATH",
                                       "LD_PRELOAD",
                                       "CUDNN_ROOT",
                                       "CUDA_MPS_PIPE_DIRECTORY",
                                       "CUDA_MPS_LOG_DIRECTORY",
                                       "CUDA_LAUNCH_BLOCKING",
                                       "CUDA_FORCE_PTX_JIT",
                                       "CUDA_DISABLE_PTX_JIT",
                                       "NVIDIA_TF32_OVERRIDE"};

bool exists(const Machine& machine, const char* file) {
  std::error_code unreadable;
  return fs::exists(machine.root / file, unreadable);
}

// The first word of `line` that is numbers with dots between: "535.104.05".
std::string version_in(std::string_view line) {
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    if (word.find_first_not_of("0123456789.") == word.npos && word.find('.') != word.npos)
      return std::string(word);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return "";
}

std::string kernel_driver(const Machine& machine) {
  const std::string version = version_in(system_line(machine.root / "proc/driver/nvidia/version"));
  return version.empty() ? version_in(system_line(machine.root / "sys/module/nvidia/version"))
                         : version;
}

// Lines of /proc/self/maps are "7f12a000-7f12b000 r-xp 00000000 08:01 123 /usr/lib/libcuda.so.1".
std::string loaded_libcuda(const Machine& machine) {
  const std::string maps = system_text(machine.root / "proc/self/maps");
  for (std::string_view rest = maps; !rest.empty();) {
    const std::string_view line = take_line(rest);
    const std::size_t path = line.find('/');
    if (path != line.npos && line.substr(line.rfind('/') + 1).starts_with("libcuda.so"))
      return std::string(line.substr(path));
  }
  return "";
}

std::string seccomp(const Machine& machine) {
  constexpr std::array<std::string_view, 3> modes{"none", "strict", "filter"};
  constexpr std::string_view key = "Seccomp:\t";
  const std::string status = system_text(machine.root / "proc/self/status");
  for (std::string_view rest = status; !rest.empty();)
    if (const std::string_view line = take_line(rest); line.starts_with(key)) {
      const std::string_view value = line.substr(key.size());
      if (value.size() == 1 && value >= "0" && value <= "2")
        return std::string(modes[static_cast<std::size_t>(value[0] - '0')]);
    }
  return "";
}

std::map<std::string, std::string> variables(const Machine& machine) {
  std::map<std::string, std::string> set;
  for (const char* name : watched_variables)
    if (const char* value = machine.environment(name)) set[name] = value;
  return set;
}

// Of the worst GPU, for one that stops CUDA from starting is not told by name.
void ask_nvml(const std::string& library, Evidence& evidence) {
  const Nvml nvml(library);
  evidence.nvml_status = nvml.status();
  evidence.nvml_driver = nvml.driver_version();
  for (const NvmlDevice& device : nvml.devices()) {
    NvmlGpu gpu(nvml, device.uuid);
    const auto mode = gpu.readings().compute_mode;
    if (!evidence.compute_mode || evidence.compute_mode == "default") evidence.compute_mode = mode;
    evidence.recovery_action = std::max(evidence.recovery_action, gpu.health().recovery_action);
  }
}

// "10de:2335"
std::string pci_id(const PciGpu& gpu) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "10de:%04x", gpu.device_id & 0xffffu);
  return text.data();
}

}  // namespace

Evidence look_up_evidence(const Machine& machine, const std::string& nvml_library) {
  Evidence evidence;
  evidence.pci_gpus = pci_gpus(machine);
  evidence.module_loaded = exists(machine, "sys/module/nvidia");
  evidence.uvm_module_loaded = exists(machine, "sys/module/nvidia_uvm");
  evidence.kernel_driver = kernel_driver(machine);
  evidence.device_files = device_files(machine);
  evidence.libcuda = loaded_libcuda(machine);
  ask_nvml(nvml_library, evidence);
  evidence.variables = variables(machine);
  evidence.seccomp = seccomp(machine);
  evidence.place = look_up_place(machine);
  evidence.xids = logged_xids(machine);
  return evidence;
}

std::vector<std::string> evidence_lines(const Evidence& evidence) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::string& name, const std::string& fact) {
    if (!fact.empty()) lines.push_back(name + ": " + fact);
  };
  for (const PciGpu& gpu : evidence.pci_gpus) add("PCI", gpu.address + " [" + pci_id(gpu) + "]");
  if (evidence.pci_gpus.empty()) add("PCI", "no NVIDIA GPU");
  add("kernel modules", std::string(evidence.module_loaded ? "nvidia" : "no nvidia") +
                            (evidence.uvm_module_loaded ? ", nvidia_uvm" : ", no nvidia_uvm"));
  add("kernel driver", evidence.kernel_driver);
  for (const DeviceFile& file : evidence.device_files)
    add("device file", file.path + " " + file.mode + " " + file.owner +
                           (file.usable ? "" : ", not to be used by this process"));
  if (evidence.device_files.empty()) add("device file", "no /dev/nvidia*");
  add("libcuda", evidence.libcuda.empty() ? "none is loaded" : evidence.libcuda);
  add("NVML", !evidence.nvml_status ? "no library"
              : *evidence.nvml_status == 0
                  ? "started, driver " + evidence.nvml_driver
                  : "did not start: " + std::to_string(*evidence.nvml_status));
  for (const auto& [name, value] : evidence.variables) add("variable", name + "=" + value);
  add("compute mode", evidence.compute_mode.value_or(""));
  if (evidence.recovery_action) add("recovery action", std::to_string(*evidence.recovery_action));
  add("seccomp", evidence.seccomp);
  add("host", evidence.place.host);
  add("container", evidence.place.container);
  if (evidence.place.kubernetes)
    add("Kubernetes", "node " + evidence.place.node + ", pod " + evidence.place.pod_namespace +
                          "/" + evidence.place.pod);
  for (const Xid& xid : evidence.xids)
    add("Xid", std::to_string(xid.number) + " of " + xid.pci_bus_id +
                   (xid.before_run ? " (before the run)" : "") + " " + xid.text);
  return lines;
}

}  // namespace mnist
