// Every flag: its name, what its help says, and what its value sets.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "flag_values.hpp"
#include "options.hpp"

namespace mnist {

// What flags say before the environment and the defaults fill the gaps.
struct Flags {
  Options options;
  std::optional<DatasetChoice> dataset;
  std::optional<DeviceChoice> device;
  bool fake_data = false;
  bool quiet = false;
  bool verbose = false;

  bool operator==(const Flags&) const = default;
};

struct Flag {
  const char* name;
  const char* argument;  // shown in the help; null: true or false, and true where nothing is said
  std::string help;
  void (*set)(Flags&, const Given&);  // throws as flag_values.hpp does
};

// In the order of the help.
std::span<const Flag> every_flag();

// Null for a name that no flag has.
const Flag* flag_named(std::string_view name);

}  // namespace mnist
