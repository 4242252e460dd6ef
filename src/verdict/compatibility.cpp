#include "verdict/compatibility.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mnist {
namespace {

// Least drivers are NVIDIA's for each major version of CUDA, architectures nvcc's.
constexpr std::array<Build, 3> all_builds{{{"13.0", 13, "580.65", 75, 121},
                                           {"12.9", 12, "525.60", 50, 121},
                                           {"11.8", 11, "450.80.02", 35, 90}}};

constexpr Generation kepler{"Kepler", 35, 304, 470};
constexpr Generation maxwell{"Maxwell", 50, 343, 580};
constexpr Generation pascal{"Pascal", 60, 367, 580};
constexpr Generation volta{"Volta", 70, 384, 580};
constexpr Generation turing{"Turing", 75, 410, 0};
constexpr Generation ampere{"Ampere", 80, 450, 0};
constexpr Generation ada{"Ada", 89, 525, 0};
constexpr Generation hopper{"Hopper", 90, 525, 0};
constexpr Generation blackwell{"Blackwell", 100, 570, 0};

struct Devices {
  unsigned first;
  unsigned last;
  const Generation& generation;
};

// As the PCI ID database and the driver's own list of GPUs have them; what lies between is older,
// or no GPU for computing.
constexpr std::array<Devices, 19> devices{{{0x0fc0, 0x103f, kepler},
                                           {0x1180, 0x11ff, kepler},
                                           {0x1280, 0x12bf, kepler},
                                           {0x1340, 0x143f, maxwell},
                                           {0x15f0, 0x15ff, pascal},
                                           {0x1617, 0x167f, maxwell},
                                           {0x1725, 0x172f, pascal},
                                           {0x174d, 0x17ff, maxwell},
                                           {0x1b00, 0x1d7f, pascal},
                                           {0x1d80, 0x1dff, volta},
                                           {0x1e00, 0x1fff, turing},
                                           {0x2080, 0x20ff, ampere},
                                           {0x2180, 0x21ff, turing},
                                           {0x2200, 0x227f, ampere},
                                           {0x2300, 0x237f, hopper},
                                           {0x2400, 0x25ff, ampere},
                                           {0x2680, 0x28ff, ada},
                                           {0x2900, 0x2fff, blackwell},
                                           {0x3180, 0x31ff, blackwell}}};

// "535.104.05": 535, 104, 5. What is missing counts as 0.
std::array<int, 3> numbers_of(std::string_view version) {
  std::array<int, 3> numbers{};
  for (int& number : numbers) {
    const char* const end = version.data() + version.size();
    const char* const rest = std::from_chars(version.data(), end, number).ptr;
    version.remove_prefix(
        std::min(static_cast<std::size_t>(rest - version.data()) + 1, version.size()));
  }
  return numbers;
}

}  // namespace

std::span<const Build> builds() { return all_builds; }

const Build* build_of(int cuda_major) {
  const auto found = std::ranges::find(all_builds, cuda_major, &Build::cuda_major);
  return found == all_builds.end() ? nullptr : &*found;
}

const Generation* generation_of(unsigned device_id) {
  for (const Devices& range : devices)
    if (device_id >= range.first && device_id <= range.last) return &range.generation;
  return nullptr;
}

bool is_older(std::string_view driver, std::string_view than) {
  return numbers_of(driver) < numbers_of(than);
}

}  // namespace mnist
