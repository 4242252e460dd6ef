#include "verdict/gpu_count.hpp"

namespace mnist {
namespace {

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " GPU" : " GPUs");
}

// "2 GPUs found, 4 expected: NVIDIA H200 (GPU-4f8e2a51, 0000:65:00.0), ..."
std::string comparison(const std::vector<Gpu>& found, std::size_t expected) {
  std::string text = counted(found.size()) + " found, " + std::to_string(expected) + " expected";
  const char* separator = ": ";
  for (const Gpu& gpu : found) {
    text += separator + gpu.name + " (" + gpu.uuid;
    if (!gpu.pci_bus_id.empty()) text += ", " + gpu.pci_bus_id;
    text += ")";
    separator = ", ";
  }
  return text;
}

}  // namespace

Check judge_gpu_count(const std::vector<Gpu>& found, std::size_t expected) {
  Check check{.group = "device",
              .name = "number of GPUs",
              .outcome = Outcome::passed,
              .code = ExitCode::passed,
              .found = comparison(found, expected),
              .remedy = ""};
  if (found.size() < expected) {
    check.outcome = Outcome::failed;
    check.code = ExitCode::no_gpu;
    check.remedy =
        "compare with nvidia-smi -L on the machine: what is missing there has failed (dmesg tells "
        "of an Xid 79), what is there was not given to this process (CUDA_VISIBLE_DEVICES, "
        "nvidia.com/gpu, --gpus)";
  } else if (found.size() > expected) {
    check.outcome = Outcome::warned;
    check.code = ExitCode::failed;
    check.remedy =
        "request the GPUs that are to be used (nvidia.com/gpu): a pod that requests none may see "
        "all of the node's; or expect more (--expect_gpus)";
  }
  return check;
}

}  // namespace mnist
