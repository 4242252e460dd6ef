// How fast a GPU moves and multiplies numbers: measured, and promised by its clocks and widths.
#pragma once

#include <optional>

namespace mnist {

struct Rate {
  double measured = 0;
  std::optional<double> promised;  // nothing where what it follows from is unknown
};

struct Bandwidth {
  Rate host_to_device_gbps;    // 1e9 bytes a second, from page-locked memory
  Rate device_to_device_gbps;  // bytes read and bytes written, together
  Rate product_tflops;  // 1e12 additions and multiplications a second, in the run's precision
};

}  // namespace mnist
