// NVIDIA's driver writes what went wrong with a GPU into the kernel's log, with a number: an Xid.
#pragma once

#include <string>
#include <vector>

namespace mnist {

struct Xid {
  unsigned number = 0;
  std::string pci_bus_id;   // "0000:65:00"; empty where it is unknown
  std::string text;         // the rest of its line; empty where NVML told of it
  bool before_run = false;  // it was logged before this process started
};

}  // namespace mnist
