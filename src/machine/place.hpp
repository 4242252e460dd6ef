// Where this process runs: the names by which people find it again.
#pragma once

#include <string>

#include "machine/machine.hpp"

namespace mnist {

// Each empty where it is unknown.
struct Place {
  std::string host;       // the machine's own name, or the container's
  std::string container;  // what shows that this is one: "/.dockerenv", "cgroup kubepods", ...
  bool kubernetes = false;
  std::string node;           // of Kubernetes: NODE_NAME
  std::string pod;            // POD_NAME, else the host's name
  std::string pod_namespace;  // POD_NAMESPACE, else as the service account's folder has it
};

Place look_up_place(const Machine& machine);

}  // namespace mnist
