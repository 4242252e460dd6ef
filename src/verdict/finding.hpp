// Single facts in words, of which a diagnosis's evidence is made.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "machine/evidence.hpp"
#include "machine/gpu_failure.hpp"

namespace mnist {

// Separated by ", "; what is empty is left out.
std::string joined(std::initializer_list<std::string> facts);

// "cudaErrorNoDevice (100) when counting the GPUs"
std::string call_finding(const GpuFailureFacts& failure);

// "PCI 0000:65:00.0 (Hopper) and 7 more", "no NVIDIA GPU on PCI".
std::string pci_finding(const Evidence& evidence);

// "/dev/nvidia0, /dev/nvidiactl", "no /dev/nvidia*".
std::string device_finding(const Evidence& evidence);
// Those that this process may not use: "/dev/nvidia0 is crw-rw---- 0:44"; empty for none.
std::string refusal_finding(const Evidence& evidence);

// "CUDA_VISIBLE_DEVICES=''", "CUDA_VISIBLE_DEVICES is not set".
std::string variable_finding(const Evidence& evidence, const std::string& name);

// "driver 535.104.05 runs CUDA up to 12.2"; `version` may be empty.
std::string driver_finding(const GpuFailureFacts& failure, const std::string& version);

// "512 of 81559 MiB free"; empty where it is unknown.
std::string memory_finding(const GpuFailureFacts& failure);

// "processes on the GPU at the start: 2"; empty where it is unknown.
std::string users_finding(const Evidence& evidence);

// "Xid 79 of 0000:65:00: GPU has fallen off the bus"
std::string xid_finding(const Xid& xid);

// The newest Xid of the GPU that was to be used, of hardware where there is one; null for none.
// Without a GPU that is known, of any.
const Xid* telling_xid(const Evidence& evidence);
// Likewise, an Xid of hardware since the process started; null for none.
const Xid* hardware_xid_of_run(const Evidence& evidence);

// CUDA's 12040 is "12.4".
std::string cuda_text(int version);

}  // namespace mnist
