// What is looked up about a machine when its GPU cannot be used, or failed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/gpu.hpp"
#include "machine/gpu_presence.hpp"
#include "machine/machine.hpp"
#include "machine/place.hpp"
#include "machine/xid.hpp"

namespace mnist {

struct Evidence {
  std::vector<PciGpu> pci_gpus;    // NVIDIA's display controllers
  bool module_loaded = false;      // /sys/module/nvidia
  bool uvm_module_loaded = false;  // /sys/module/nvidia_uvm
  std::string kernel_driver;       // "535.104.05", of the module that is loaded; or empty
  std::vector<DeviceFile> device_files;
  std::string libcuda;             // the file that this process has loaded; empty for none
  std::optional<int> nvml_status;  // of starting NVML; nothing where there is no NVML
  std::string nvml_driver;         // the driver's version as NVML tells it
  std::map<std::string, std::string> variables;  // those that matter and are set
  std::string seccomp;  // "none", "strict", "filter"; empty where it is unknown
  Place place;
  std::vector<Xid> xids;  // of the kernel's log, oldest first; a watch may know of more

  // What is known of the GPU that was to be used, if the run came to know it.
  std::optional<Gpu> gpu;
  bool new_double_bit_errors = false;  // NVML counted some during the run

  // As NVML tells of that GPU; as long as none is known, of the one that is worst off.
  std::optional<std::string> compute_mode;  // "default", "prohibited", "exclusive process"
  std::optional<unsigned> recovery_action;  // after the failure; 0: none
};

// All that is not known of the GPU that was to be used. Asks the NVML that is in the file
// `nvml_library`.
Evidence look_up_evidence(const Machine& machine,
                          const std::string& nvml_library = "libnvidia-ml.so.1");

// What is known of it for people, each a line: "PCI: 0000:65:00.0 [10de:2335]", ...
std::vector<std::string> evidence_lines(const Evidence& evidence);

}  // namespace mnist
