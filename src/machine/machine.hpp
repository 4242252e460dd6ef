// Where facts about this machine are looked up: one root and one environment, so that tests can
// make any machine.
#pragma once

#include <filesystem>
#include <functional>

namespace mnist {

// The value of a variable, or null where it is not set.
using Environment = std::function<const char*(const char* name)>;

struct Machine {
  std::filesystem::path root = "/";  // what /proc, /sys and /dev are below
  Environment environment;
};

}  // namespace mnist
