// Devices for people to read.
#pragma once

#include <string>
#include <vector>

#include "report/result.hpp"

namespace mnist {

// "9.0"
std::string compute_capability(const Gpu& gpu);

// "Found device 0 with properties:", and lines of all that is known.
std::vector<std::string> found_lines(const Gpu& gpu);

// "Creating device (/device:GPU:0) -> (device: 2, name: NVIDIA H200, ...)" for the GPU that is
// used.
std::string creating_line(const Gpu& gpu);

// "device: cpu, AMD EPYC, fp32, oneDNN 2.6.3, 2 threads, AVX-512"
std::string device_line(const DeviceFacts& device);

}  // namespace mnist
