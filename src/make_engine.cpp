#include "make_engine.hpp"

#include "cpu/cpu_engine.hpp"
#include "cuda/cuda_engine.hpp"
#include "machine/gpu_presence.hpp"

namespace mnist {

Surroundings look_around(const Machine& machine) {
  return {has_cuda_engine(), nvidia_gpu_evidence(machine)};
}

ChosenDevice choose_device(const DeviceChoice& requested, const Surroundings& surroundings) {
  if (requested.kind != DeviceKind::automatic) return {requested.kind, requested.gpu, ""};
  if (surroundings.cuda_in_build && surroundings.gpu_evidence) return {DeviceKind::cuda, 0, ""};
  std::string warning = "training on the CPU: ";
  if (surroundings.cuda_in_build)
    warning +=
        "no GPU is to be seen (no NVIDIA device on PCI, no /dev/nvidia*, none named by "
        "NVIDIA_VISIBLE_DEVICES)";
  else if (surroundings.gpu_evidence)
    warning += "this build has no CUDA engine, though there is a GPU (" +
               *surroundings.gpu_evidence + "), which stays untested";
  else
    warning += "this build has no CUDA engine, and no GPU is to be seen";
  return {DeviceKind::cpu, 0, warning};
}

void require_device(const ChosenDevice& device) {
  if (device.kind == DeviceKind::cuda) discover_gpus();
}

std::unique_ptr<Engine> make_engine(const ChosenDevice& device, const EngineConfig& config,
                                    int threads) {
  return device.kind == DeviceKind::cuda ? make_cuda_engine(config, device.gpu, {})
                                         : make_cpu_engine(config, threads);
}

}  // namespace mnist
