// NVIDIA's driver writes what went wrong with a GPU into the kernel's log, with a number: an Xid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mnist {

struct Xid {
  unsigned number = 0;
  std::string pci_bus_id;   // "0000:65:00"; empty where it is unknown
  std::string text;         // the rest of its line; empty where NVML told of it
  bool before_run = false;  // it was logged before this process started
};

// Whether it is of the GPU at this address; where either is unknown, too. NVML, CUDA and the
// kernel's log write the same one in more or fewer digits, and with its function or without.
inline bool is_of(const Xid& xid, std::string_view pci_bus_id) {
  const auto slot = [](std::string_view address) { return address.substr(0, address.find('.')); };
  const std::string_view here = slot(pci_bus_id);
  const std::string_view there = slot(xid.pci_bus_id);
  return here.ends_with(there) || there.ends_with(here);
}

}  // namespace mnist
