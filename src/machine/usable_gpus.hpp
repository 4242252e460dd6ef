// What runs could use here: every GPU, and every part of one.
#pragma once

#include <vector>

#include "machine/gpu.hpp"
#include "machine/machine.hpp"
#include "machine/nvml.hpp"

namespace mnist {

// `shown` is what CUDA shows to this process, `devices` what NVML lists. Where none of those is in
// MIG mode, it is what CUDA shows. Otherwise CUDA shows one part of a GPU, and nothing else (before
// driver 570), whatever there is: then it is what NVML lists, less what CUDA_VISIBLE_DEVICES hides,
// whose numbers and UUIDs of whole GPUs stand for all parts of one. They are numbered from 0 on,
// and of those that CUDA does not show no more is known than UUID and name. None where NVML lists
// GPUs in MIG mode that have no parts.
std::vector<Gpu> usable_gpus(const std::vector<Gpu>& shown, const std::vector<NvmlDevice>& devices,
                             const Environment& environment);

}  // namespace mnist
