// CUDA's version numbers for people.
#pragma once

#include <string>

namespace mnist::cuda {

// "12.4" of 12040, which is how CUDA numbers its runtime and what a driver can run.
inline std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace mnist::cuda
