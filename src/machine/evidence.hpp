// What is looked up about a machine when its GPU cannot be used, or failed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/gpu.hpp"
#include "machine/machine.hpp"
#include "machine/place.hpp"
#include "machine/xid.hpp"

namespace mnist {

// A GPU on the PCI bus, whether or not it has a driver.
struct PciGpu {
  std::string address;     // "0000:65:00.0"
  unsigned device_id = 0;  // 0x2335
};

// One of /dev/nvidia*.
struct DeviceFile {
  std::string path;     // "/dev/nvidia0"
  std::string mode;     // as ls shows it: "crw-rw-rw-"
  std::string owner;    // "0:0", user and group
  bool usable = false;  // this process may read and write it
};

struct Evidence {
  std::vector<PciGpu> pci_gpus;    // NVIDIA's display controllers
  bool module_loaded = false;      // /sys/module/nvidia
  bool uvm_module_loaded = false;  // /sys/module/nvidia_uvm
  std::string kernel_driver;       // "535.104.05", of /proc/driver/nvidia/version; or empty
  std::vector<DeviceFile> device_files;
  std::string libcuda;             // the file that this process has loaded; empty for none
  std::optional<int> nvml_status;  // of starting NVML; nothing where there is no NVML
  std::string nvml_driver;         // the driver's version as NVML tells it
  std::map<std::string, std::string> variables;  // those that matter and are set
  std::string seccomp;  // "none", "strict", "filter"; empty where it is unknown
  Place place;
  std::vector<Xid> xids;  // that were seen, oldest first

  // What is known of the GPU that was to be used, if the run came to know it.
  std::optional<Gpu> gpu;
  bool new_double_bit_errors = false;  // NVML counted some during the run
};

// All but `gpu` and `new_double_bit_errors`.
Evidence look_up_evidence(const Machine& machine);

// What is known of it for people, each a line: "PCI: 0000:65:00.0 [10de:2335]", ...
std::vector<std::string> evidence_lines(const Evidence& evidence);

}  // namespace mnist
