#include "make_engine.hpp"

#include "base/error.hpp"
#include "cpu/cpu_engine.hpp"
#include "cuda/cuda_engine.hpp"
#include "machine/cuda_library_folders.hpp"
#include "machine/gpu_presence.hpp"

namespace mnist {
namespace {

CudaLibraryFolders library_folders(const Machine& machine) {
  return cuda_library_folders(machine, MNIST_CUDA_LIBRARY_FOLDERS);
}

}  // namespace

Surroundings look_around(const Machine& machine) {
  return {has_cuda_engine(), nvidia_gpu_evidence(machine)};
}

ChosenDevice choose_device(const DeviceChoice& requested, const Surroundings& surroundings) {
  if (requested.kind != DeviceKind::automatic) return {requested.kind, requested.gpu, ""};
  if (surroundings.cuda_in_build && surroundings.gpu_evidence) return {DeviceKind::cuda, 0, ""};
  std::string warning = "the CPU is used instead: ";
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

std::vector<Gpu> visible_gpus() { return discover_gpus(); }

const Gpu& gpu_numbered(int index, const std::vector<Gpu>& gpus, const Environment& environment) {
  for (const Gpu& gpu : gpus)
    if (gpu.index == index) return gpu;
  std::string shown;
  for (const Gpu& gpu : gpus)
    shown += (shown.empty() ? "" : ", ") + std::to_string(gpu.index) + " (" + gpu.name + ", " +
             gpu.pci_bus_id + ")";
  if (const char* visible = environment("CUDA_VISIBLE_DEVICES"))
    shown += std::string(", with CUDA_VISIBLE_DEVICES=") + visible;
  throw Error(ExitCode::no_gpu,
              "there is no cuda:" + std::to_string(index) + "; CUDA shows " + shown,
              "name one of these (mnist-demo --list_devices has more of each)");
}

ChosenPrecision choose_precision(Precision requested, const std::optional<Gpu>& gpu) {
  constexpr int first_with_tf32 = 8;  // the major part of the compute capability
  if (requested == Precision::fp32 || (gpu && gpu->compute_major >= first_with_tf32))
    return {requested, ""};
  const std::string device = gpu ? gpu->name + ", of compute capability " +
                                       std::to_string(gpu->compute_major) + "." +
                                       std::to_string(gpu->compute_minor) + " and not 8.0 or above,"
                                 : "the CPU";
  return {Precision::fp32, "--precision tf32: " + device + " computes in fp32"};
}

std::string cuda_version_line() { return "CUDA engine: " + cuda_build(); }

void require_cuda_libraries(const Machine& machine) {
  require_cuda_libraries(library_folders(machine));
}

Bandwidth measure_bandwidth(const Gpu& gpu, Precision precision, const Machine& machine) {
  return measure_bandwidth(gpu, precision, library_folders(machine));
}

std::unique_ptr<Engine> make_engine(const ChosenDevice& device, const EngineConfig& config,
                                    int threads, const Machine& machine) {
  return device.kind == DeviceKind::cuda
             ? make_cuda_engine(config, device.gpu, library_folders(machine))
             : make_cpu_engine(config, threads);
}

}  // namespace mnist
