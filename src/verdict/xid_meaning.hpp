// What the numbers of Xids say: NVIDIA's driver writes them into the kernel's log.
#pragma once

#include <algorithm>
#include <array>

namespace mnist {

// The GPU itself failed: memory, NVLink, the bus, its firmware, contained errors.
inline constexpr std::array<unsigned, 8> hardware_xids{48, 64, 74, 79, 95, 119, 120, 140};
// Usually what the application did, as reading where it should not.
inline constexpr std::array<unsigned, 6> application_xids{13, 31, 43, 45, 68, 109};

constexpr bool is_hardware_xid(unsigned number) {
  return std::ranges::find(hardware_xids, number) != hardware_xids.end();
}
constexpr bool is_application_xid(unsigned number) {
  return std::ranges::find(application_xids, number) != application_xids.end();
}

}  // namespace mnist
