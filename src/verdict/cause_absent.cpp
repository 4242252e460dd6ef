#include "verdict/cause.hpp"
#include "verdict/finding.hpp"

namespace mnist {
namespace {

std::string driver_to_install(const Case& c) {
  const Generation* const gpu = c.generation();
  const Build* const build = c.this_build();
  if (gpu && gpu->last_branch > 0)
    return "of branch " + std::to_string(gpu->last_branch) + ", the last for " +
           std::string(gpu->name);
  // What the build needs may be more than what the GPU does.
  if (gpu && (!build || is_older(build->least_driver, std::to_string(gpu->first_branch))))
    return "of branch " + std::to_string(gpu->first_branch) + " or newer, as " +
           std::string(gpu->name) + " needs";
  return build ? std::string(build->least_driver) + " or newer" : "for it";
}

// Nothing where there is a GPU, its driver, and a device file of it or no container.
std::optional<Verdict> gpu_out_of_reach(Case c) {
  if (c.has_gpu_device()) return std::nullopt;
  const std::string what_is_there = joined({call_finding(c.failure), pci_finding(c.seen)});
  if (c.seen.pci_gpus.empty()) {
    c.cause = "no GPU in this machine";
    return c.verdict(what_is_there,
                     c.seen.place.kubernetes
                         ? "request nvidia.com/gpu: 1, so that the pod comes to a node with a GPU"
                         : "take a machine type, node pool or runner tag that has a GPU");
  }
  if (!c.seen.module_loaded) {
    c.cause = "no driver for the GPU that is here";
    return c.verdict(joined({what_is_there, "no /sys/module/nvidia"}),
                     "install NVIDIA's driver " + driver_to_install(c) +
                         ", or load it: modprobe nvidia" + c.on_host());
  }
  if (!c.in_container()) return std::nullopt;
  c.cause = "a GPU that was not passed into this container";
  return c.verdict(
      joined({what_is_there, "its driver is loaded", device_finding(c.seen),
              variable_finding(c.seen, "NVIDIA_VISIBLE_DEVICES")}),
      c.seen.place.kubernetes
          ? "request nvidia.com/gpu: 1 for the container, with the nvidia runtime class where the "
            "cluster has one"
          : "start the container with --gpus all (podman: --device nvidia.com/gpu=all)");
}

// CUDA takes what stands before the first thing that names no GPU.
bool names_no_gpu(const std::string& visible_devices) {
  return visible_devices.find_first_of("0123456789") != 0 && !visible_devices.starts_with("GPU-") &&
         !visible_devices.starts_with("MIG-");
}

}  // namespace

// Called where CUDA says that the driver is too old, and there is none.
Verdict no_libcuda(const Case& c) {
  if (auto verdict = gpu_out_of_reach(c)) return *verdict;
  const std::string found =
      joined({call_finding(c.failure), device_finding(c.seen), "no usable libcuda.so.1"});
  if (c.in_container())
    return c.verdict(
        joined({found, variable_finding(c.seen, "NVIDIA_DRIVER_CAPABILITIES")}),
        "set NVIDIA_DRIVER_CAPABILITIES=compute,utility for the container, and give it "
        "its GPU by NVIDIA's runtime");
  return c.verdict(found, "install the libcuda.so.1 of driver " +
                              (c.driver().empty() ? "that is loaded" : c.driver()) +
                              "; in a container, start it with --gpus all");
}

Verdict no_device(const Case& general) {
  Case c = general;
  const auto visible = c.seen.variables.find("CUDA_VISIBLE_DEVICES");
  const bool is_set = visible != c.seen.variables.end();
  const bool hidden = is_set && names_no_gpu(visible->second);
  const std::string variables = joined({variable_finding(c.seen, "CUDA_VISIBLE_DEVICES"),
                                        variable_finding(c.seen, "NVIDIA_VISIBLE_DEVICES")});
  const std::string found = joined({call_finding(c.failure), device_finding(c.seen), variables});
  if (auto missing = gpu_out_of_reach(c)) {
    missing->evidence =
        joined({call_finding(c.failure), pci_finding(c.seen), device_finding(c.seen), variables});
    return *missing;
  }
  if (hidden) {
    c.cause = "CUDA_VISIBLE_DEVICES hides every GPU";
    return c.verdict(found, "unset CUDA_VISIBLE_DEVICES, or name a GPU in it");
  }
  if (!c.has_gpu_device()) {
    c.cause = "no device files for the GPU that is here";
    return c.verdict(found, "make them: nvidia-modprobe -c 0 -u, or nvidia-smi, as root");
  }
  if (auto refused = refused_devices(c)) return *refused;
  if (is_compat(c.seen.libcuda)) {
    c.cause = "a compat libcuda that is too new for this GPU";
    return c.verdict(joined({found, c.seen.libcuda}),
                     "take the compat folder out of LD_LIBRARY_PATH, or use the build for an older "
                     "CUDA");
  }
  return c.verdict(
      found, is_set ? "unset CUDA_VISIBLE_DEVICES, or name in it what nvidia-smi -L lists"
                    : "look for the GPU with nvidia-smi -L, and for an Xid in dmesg" + c.on_host());
}

Verdict no_nvml(const Case& c) {
  if (auto verdict = gpu_out_of_reach(c)) return *verdict;
  return c.verdict(joined({call_finding(c.failure), device_finding(c.seen)}),
                   c.in_container()
                       ? "set NVIDIA_DRIVER_CAPABILITIES=compute,utility for the container"
                       : "install the driver's libnvidia-ml.so.1, and load it: modprobe nvidia");
}

Verdict missing_library(const Case& c) {
  return c.verdict(
      c.failure.status_text,
      "install " + c.failure.wanted + ", or name its folder in CUDNN_ROOT or LD_LIBRARY_PATH");
}

Verdict mixed_cudnn(const Case& c) {
  return c.verdict(call_finding(c.failure),
                   "install all of cuDNN's libraries, of one version, in one folder");
}

Verdict unified_memory(const Case& general) {
  Case c = general;
  if (auto refused = c.in_container() ? refused_devices(c) : std::nullopt) return *refused;
  const std::string call = call_finding(c.failure);
  if (!c.seen.uvm_module_loaded)
    return c.verdict(joined({call, "no /sys/module/nvidia_uvm"}),
                     "load it" + c.on_host() + ": modprobe nvidia_uvm; then check /dev/nvidia-uvm");
  if (!c.has_device("/dev/nvidia-uvm"))
    return c.verdict(joined({call, "no /dev/nvidia-uvm"}),
                     c.in_container() ? "pass /dev/nvidia-uvm into the container, as CDI and "
                                        "NVIDIA's runtime do"
                                      : "make it: nvidia-modprobe -u -c 0, as root");
  const std::string found = joined({call, "nvidia_uvm is loaded, and /dev/nvidia-uvm is there"});
  if (c.seen.gpu) {  // CUDA had started
    c.cause = "a driver that failed in the middle";
    return c.verdict(found, "look for an Xid in dmesg" + c.on_host() +
                                "; load the driver's modules anew, or restart the node");
  }
  return c.verdict(found,
                   "load it anew" + c.on_host() +
                       ": rmmod nvidia_uvm; modprobe nvidia_uvm; then check /dev/nvidia-uvm");
}

}  // namespace mnist
