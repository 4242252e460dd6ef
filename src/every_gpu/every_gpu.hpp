// --device all: each GPU, and each part of one, is tried in a process of its own, all at once.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "report/result.hpp"

namespace mnist {

struct EveryGpuHooks {
  // Each line that a process writes, with its GPU before it: "cuda:1: ...".
  std::function<void(const std::string& line)> line = [](const std::string&) {};
  // As each process ends, in that order.
  std::function<void(const GpuRun& run)> ended = [](const GpuRun&) {};
  // Some ten times a second. What it throws ends all processes, and then goes on to the caller.
  std::function<void()> between = [] {};
};

struct EveryGpuSettings {
  // This program again, whatever became of its file.
  std::string program = "/proc/self/exe";
  // What each process is told besides what run_on_each() adds: --device, --json and --quiet. No
  // other report is to be among it.
  std::vector<std::string> arguments;
  // What a process that is told to end (SIGTERM) has until it is killed.
  std::chrono::milliseconds grace{5000};
};

// A run for each of `gpus`, in their order. A process that cannot be started, crashes, is killed,
// or writes no result gives a failed one that says so: nothing but the hooks throws. For a thread
// that lives as long as the processes are to; where it ends, so do they.
std::vector<GpuRun> run_on_each(const std::vector<Gpu>& gpus, const EveryGpuSettings& settings,
                                const EveryGpuHooks& hooks);

}  // namespace mnist
