// Which GPUs, drivers and builds of this program go together.
#pragma once

#include <span>
#include <string_view>

namespace mnist {

// A build of this program. The order of their CUDAs is that of their drivers.
struct Build {
  std::string_view cuda;          // "12.9"
  int cuda_major = 0;             // 12
  std::string_view least_driver;  // "525.60"
  int least_compute = 0;          // the compute capabilities that it has code for: 50, 121
  int most_compute = 0;
};
std::span<const Build> builds();        // the newest first
const Build* build_of(int cuda_major);  // null where there is none
// Whether it has code for GPUs of a compute capability: 75.
constexpr bool has_code(const Build& build, int compute) {
  return build.least_compute <= compute && compute <= build.most_compute;
}

struct Generation {
  std::string_view name;  // "Kepler"
  int least_compute = 0;  // of those that compute: 35
  int first_branch = 0;   // of drivers: 525 of 525.60.13
  int last_branch = 0;    // 0: none yet
};
// Of a GPU's PCI device id; null where it is not known.
const Generation* generation_of(unsigned device_id);

// Whether "470.82.01" is older than "525.60".
bool is_older(std::string_view driver, std::string_view than);

}  // namespace mnist
