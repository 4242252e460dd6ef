// Whether an NVIDIA GPU is to be seen here, whatever state it is in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"

namespace mnist {

// A GPU on the PCI bus, whether or not it has a driver.
struct PciGpu {
  std::string address;     // "0000:65:00.0"
  unsigned device_id = 0;  // 0x2335; 0 where it is unknown
};

// One of /dev/nvidia*.
struct DeviceFile {
  std::string path;     // "/dev/nvidia0"
  std::string mode;     // as ls shows it: "crw-rw-rw-"
  std::string owner;    // "0:0", user and group
  bool usable = false;  // this process may read and write it
};

// NVIDIA's display controllers, in the order of their addresses.
std::vector<PciGpu> pci_gpus(const Machine& machine);

// Sorted by path.
std::vector<DeviceFile> device_files(const Machine& machine);

// What shows that there is a GPU ("/dev/nvidia0", "PCI device 0000:65:00.0",
// "NVIDIA_VISIBLE_DEVICES=GPU-..."), or nothing where none is to be seen.
std::optional<std::string> nvidia_gpu_evidence(const Machine& machine);

}  // namespace mnist
