#include "machine/processors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr double unlimited = std::numeric_limits<double>::infinity();

// "0-3,8" is 5 processors.
int count_list(const std::string& list) {
  std::istringstream ranges(list);
  std::string range;
  int count = 0;
  while (std::getline(ranges, range, ',')) {
    std::istringstream bounds(range);
    int first = 0;
    int last = 0;
    char dash = 0;
    if (!(bounds >> first)) continue;
    if (!(bounds >> dash >> last)) last = first;
    count += std::max(0, last - first + 1);
  }
  return count;
}

int allowed_processors(const Machine& machine) {
  std::ifstream status(machine.root / "proc/self/status");
  const std::string key = "Cpus_allowed_list:";
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return count_list(line.substr(key.size()));
  return 0;
}

// Version 2: "200000 100000" is two processors' time, "max 100000" no limit.
double quota_of_v2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0;
  double period = 0;
  return file >> quota >> period && quota > 0 && period > 0 ? quota / period : unlimited;
}

// Version 1: two files; a quota of -1 is no limit.
double quota_of_v1(const fs::path& group) {
  double quota = 0;
  double period = 0;
  std::ifstream(group / "cpu.cfs_quota_us") >> quota;
  std::ifstream(group / "cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? quota / period : unlimited;
}

// The least quota of the group and of those around it. Inside a container the path may be the
// host's, of which only the mount's own root is there to be read.
template <class QuotaOf>
double least_quota(const fs::path& mount, fs::path group, QuotaOf quota_of) {
  double least = quota_of(mount);
  for (; group.has_relative_path(); group = group.parent_path())
    least = std::min(least, quota_of(mount / group.relative_path()));
  return least;
}

// Lines of /proc/self/cgroup are "id:controllers:path"; version 2's has no controllers.
double processor_quota(const Machine& machine) {
  const fs::path mounts = machine.root / "sys/fs/cgroup";
  std::ifstream groups(machine.root / "proc/self/cgroup");
  double least = unlimited;
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty())
      least = std::min(least, least_quota(mounts, group, quota_of_v2));
    else if (controllers.starts_with("cpu,") || controllers.ends_with(",cpu") ||
             controllers == "cpu" || controllers.find(",cpu,") != std::string::npos)
      least = std::min(least, least_quota(mounts / "cpu", group, quota_of_v1));
  }
  return least;
}

}  // namespace

int usable_processors(const Machine& machine) {
  int allowed = allowed_processors(machine);
  if (allowed == 0) allowed = static_cast<int>(std::thread::hardware_concurrency());
  const double quota = std::ceil(processor_quota(machine));
  return std::max(1, quota < allowed ? static_cast<int>(quota) : allowed);
}

std::string processor_name(const Machine& machine) {
  std::ifstream processors(machine.root / "proc/cpuinfo");
  for (std::string line; std::getline(processors, line);)
    if (const std::size_t colon = line.find(": ");
        line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  return "CPU";
}

}  // namespace mnist
