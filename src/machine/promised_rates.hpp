// What a GPU's clocks and widths promise: the rates that it could reach at the very best.
#pragma once

#include <optional>

#include "machine/gpu.hpp"

namespace mnist {

// Each is nothing where a fact that it follows from is unknown, or a rule of this list does not
// cover the GPU.

// In 1e9 bytes a second, of memory that moves data twice a clock: 2 * clock * bits / 8. Nothing for
// a part of a GPU, which has a share of the memory and of its bus.
std::optional<double> promised_memory_gbps(const Gpu& gpu, std::optional<int> bus_bits);

// In 1e12 additions and multiplications a second: two a clock for each core of each multiprocessor,
// at the highest clock. The cores of a multiprocessor are those of NVIDIA's programming guide
// ("arithmetic instructions": 32-bit floating-point operations a clock).
std::optional<double> promised_fp32_tflops(const Gpu& gpu);
// Likewise of tensor cores: 512 multiplications and additions a clock and multiprocessor of an A100
// (compute capability 8.0), 1024 of an H100 (9.0), after their white papers; nothing for others.
std::optional<double> promised_tf32_tflops(const Gpu& gpu);

// In 1e9 bytes a second and direction, of a PCIe link: its transfers a second, which are of a bit
// for each lane, less what its code takes (8 of 10 bits are data in generations 1 and 2, 128 of 130
// in 3 to 5). Packet headers take another tenth or so.
std::optional<double> promised_pcie_gbps(std::optional<unsigned> generation,
                                         std::optional<unsigned> lanes);

}  // namespace mnist
