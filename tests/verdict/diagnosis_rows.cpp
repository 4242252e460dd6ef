#include "verdict/diagnosis_rows.hpp"

namespace mnist {

using enum GpuLibrary;

GpuFailureFacts failure(GpuLibrary library, int status, const Versions& versions) {
  GpuFailureFacts facts;
  facts.library = library;
  facts.status = status;
  facts.status_text = "cudaErrorSomething (" + std::to_string(status) + "), a misleading text";
  facts.doing = "counting the GPUs";
  facts.driver_cuda = versions.driver;
  facts.runtime_cuda = versions.build;
  facts.architectures = "75 80 90";
  return facts;
}

Files operator+(Files files, const Files& more) {
  files.insert(more.begin(), more.end());
  return files;
}

Files loaded(const std::string& libcuda) {
  return {{"proc/self/maps", "7f12a000-7f12b000 r-xp 00000000 08:01 123    " + libcuda + "\n"}};
}

Files log(const std::string& number, int seconds, const std::string& address) {
  return {{"proc/self/stat", "7 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 10000 0\n"},
          {"dev/kmsg", "3,9," + std::to_string(seconds) + "000000,-;NVRM: Xid (PCI:" + address +
                           "): " + number + ", pid=7, something broke.\n"}};
}

void loses(Evidence& evidence) {
  for (DeviceFile& file : evidence.device_files) {
    file.usable = false;
    file.mode = "crw-rw-rw-";
    file.owner = "0:44";
  }
}

namespace {

GpuFailureFacts without_driver(int build = 13000) { return failure(cuda, 35, {0, build}); }

GpuFailureFacts without_memory(GpuLibrary library, int status) {
  GpuFailureFacts facts = failure(library, status);
  facts.free_memory_bytes = std::uint64_t{512} << 20;
  facts.total_memory_bytes = std::uint64_t{81559} << 20;
  return facts;
}

GpuFailureFacts without_library() {
  GpuFailureFacts facts;
  facts.library = loader;
  facts.status_text = "libcudnn.so.9 is missing (looked for in /usr/lib)";
  facts.doing = "opening cuDNN 9 for CUDA 13";
  facts.wanted = "cuDNN 9 for CUDA 13";
  return facts;
}

Files pci(const std::string& device_id, const std::string& address = "0000:65:00.0") {
  const std::filesystem::path folder = "sys/bus/pci/devices/" + address;
  return {{folder / "vendor", "0x10de\n"},
          {folder / "class", "0x030200\n"},
          {folder / "device", device_id + "\n"}};
}

Files driver(const std::string& version) {
  return {{"sys/module/nvidia/version", version + "\n"}, {"sys/module/nvidia_uvm/refcnt", "0\n"}};
}

const Files docker{{".dockerenv", ""}};
const Files pod{{"var/run/secrets/kubernetes.io/serviceaccount/namespace", "ml\n"}};
const Files devices{{"dev/nvidia0", ""}, {"dev/nvidiactl", ""}, {"dev/nvidia-uvm", ""}};
const Files h200 = pci("0x2335");
const Files seccomp{{"proc/self/status", "Seccomp:\t2\n"}};
// Where all is well.
const Files healthy = h200 + driver("580.65.06") + devices;

void nothing_more(Evidence&) {}

template <int Status>
void nvml_starts_with(Evidence& evidence) {
  evidence.nvml_status = Status;
}

void refuses(Evidence& evidence) {
  for (DeviceFile& file : evidence.device_files) {
    file.usable = false;
    file.mode = "crw-rw----";
    file.owner = "0:44";
  }
}

Gpu known_gpu(const char* name, int major, int minor) {
  Gpu gpu;
  gpu.name = name;
  gpu.compute_major = major;
  gpu.compute_minor = minor;
  gpu.pci_bus_id = "0000:65:00.0";
  return gpu;
}

void is_k80(Evidence& evidence) { evidence.gpu = known_gpu("Tesla K80", 3, 7); }
void is_v100(Evidence& evidence) { evidence.gpu = known_gpu("Tesla V100", 7, 0); }
void is_h200(Evidence& evidence) { evidence.gpu = known_gpu("NVIDIA H200", 9, 0); }

void is_exclusive(Evidence& evidence) {
  is_h200(evidence);
  evidence.compute_mode = "exclusive process";
  evidence.gpu->readings.processes = 1;
}
void is_shared(Evidence& evidence) {
  is_h200(evidence);
  evidence.compute_mode = "default";
  evidence.gpu->readings.processes = 3;
}
void counts_double_bit_errors(Evidence& evidence) { evidence.new_double_bit_errors = true; }
void wants_a_reboot(Evidence& evidence) { evidence.recovery_action = 2; }
void wants_a_reset(Evidence& evidence) { evidence.recovery_action = 1; }

const char* const not_passed = "a GPU that was not passed into this container";
const char* const lost = "devices that this container has lost";
const char* const hidden = "CUDA_VISIBLE_DEVICES hides every GPU";
const char* const not_permitted = "no permission to open the GPU's device files";

// clang-format off
const std::vector<DiagnosisRow> all_rows{
    // 35 without a driver, in its three causes and some more.
    {"no GPU", without_driver(), {}, {}, nothing_more, 10, "no GPU in this machine",
     {"cudaErrorSomething (35) when counting the GPUs, no NVIDIA GPU on PCI"},
     {"machine type, node pool or runner tag"}},
    {"no GPU for a pod", without_driver(), pod, {}, nothing_more, 10, "no GPU in this machine", {},
     {"request nvidia.com/gpu: 1"}},
    {"no driver for an H200", without_driver(), h200, {}, nothing_more, 10,
     "no driver for the GPU that is here", {"PCI 0000:65:00.0 (Hopper)", "no /sys/module/nvidia"},
     {"install NVIDIA's driver 580.65 or newer, or load it: modprobe nvidia"}},
    {"no driver for two, on the host", without_driver(12090), h200 + pci("0x2335", "0000:66:00.0")
     + docker, {}, nothing_more, 10, "no driver for the GPU that is here",
     {"PCI 0000:65:00.0 (Hopper) and 1 more"}, {"driver 525.60 or newer",
     "modprobe nvidia on the host"}},
    {"no driver for Kepler", without_driver(), pci("0x102d"), {}, nothing_more, 10,
     "no driver for the GPU that is here", {"(Kepler)"}, {"branch 470, the last for Kepler"}},
    {"no driver for Volta", without_driver(), pci("0x1db6"), {}, nothing_more, 10,
     "no driver for the GPU that is here", {"(Volta)"}, {"branch 580, the last for Volta"}},
    {"no driver for Blackwell", without_driver(12090), pci("0x2901"), {}, nothing_more, 10,
     "no driver for the GPU that is here", {"(Blackwell)"},
     {"branch 570 or newer, as Blackwell needs"}},
    {"no driver for a T4", without_driver(11080), pci("0x1eb8"), {}, nothing_more, 10,
     "no driver for the GPU that is here", {"(Turing)"}, {"driver 450.80.02 or newer"}},
    {"no driver for what is unknown", without_driver(0), pci("0x0001"), {}, nothing_more, 10,
     "no driver for the GPU that is here", {"PCI 0000:65:00.0,"}, {"driver for it"}},
    {"not passed to docker", without_driver(), h200 + driver("535.104.05") + docker, {},
     nothing_more, 10, not_passed, {"its driver is loaded, no /dev/nvidia*"}, {"--gpus all"}},
    {"not passed to a pod", without_driver(), h200 + driver("535.104.05") + pod,
     {{"NVIDIA_VISIBLE_DEVICES", "void"}}, nothing_more, 10, not_passed,
     {"NVIDIA_VISIBLE_DEVICES=void"}, {"request nvidia.com/gpu: 1 for the container"}},
    {"passed without libcuda", without_driver(), healthy + docker, {{"NVIDIA_DRIVER_CAPABILITIES",
     "utility"}}, nothing_more, 10, "a driver whose libcuda is not here",
     {"/dev/nvidia-uvm, /dev/nvidia0, /dev/nvidiactl", "NVIDIA_DRIVER_CAPABILITIES=utility"},
     {"NVIDIA_DRIVER_CAPABILITIES=compute,utility"}},
    {"a machine without libcuda", without_driver(), healthy, {}, nothing_more, 10,
     "a driver whose libcuda is not here", {"no usable libcuda.so.1"},
     {"libcuda.so.1 of driver 580.65.06", "--gpus all"}},

    // A driver that is too old.
    {"470 with CUDA 13", failure(cuda, 35, {11040, 13000}), pci("0x1eb8") + driver("470.82.01"),
     {}, nothing_more, 11, "driver too old", {"driver 470.82.01 runs CUDA up to 11.4",
     "this build has CUDA 13.0", "580.65 or newer"},
     {"install a driver 580.65 or newer, or use the build or image for CUDA 11.8"}},
    {"550 with CUDA 13", failure(cuda, 35, {12040, 13000}), h200 + driver("550.54.15") + docker,
     {}, nothing_more, 11, "driver too old", {"12.4"}, {"580.65 or newer on the host",
     "the build or image for CUDA 12.9"}},
    {"a version that only CUDA tells", failure(cuda, 35, {12020, 13000}), {}, {}, nothing_more, 11,
     "driver too old", {"the driver runs CUDA up to 12.2"}, {"for CUDA 12.9"}},
    {"a driver for none of our builds", failure(cuda, 35, {10020, 11080}), pci("0x1eb8") +
     driver("440.33.01"), {}, nothing_more, 11, "driver too old", {"10.2", "11.8"},
     {"install a driver 450.80.02 or newer"}},
    {"the last driver of a K80", failure(cuda, 35, {11040, 13000}), pci("0x102d") +
     driver("470.256.02"), {}, nothing_more, 11, "driver too old", {"470.256.02"},
     {"use the build or image for CUDA 11.8: branch 470 is the last driver for Kepler"}},
    {"a K80 without its last driver", failure(cuda, 35, {9010, 13000}), pci("0x102d") +
     driver("390.157") + docker, {}, nothing_more, 11, "driver too old", {"390.157"},
     {"use the build or image for CUDA 11.8, and install a driver 450.80.02 or newer on the host: "}},
    {"a V100 and a build without code for it", failure(cuda, 35, {12020, 13000}), pci("0x1db6") +
     driver("535.104.05"), {}, nothing_more, 11, "driver too old", {"535.104.05"},
     {"use the build or image for CUDA 12.9: this one has no code for Volta"}},
    {"an old GPU before a new one", failure(cuda, 35, {12020, 13000}),
     pci("0x102d", "0000:05:00.0") + h200 + driver("535.104.05"), {}, nothing_more, 11,
     "driver too old", {}, {"install a driver 580.65 or newer, or use the build or image for CUDA "
     "12.9"}},
    {"222 of a driver that is new enough", failure(cuda, 222), h200 + driver("580.65.06"), {},
     nothing_more, 11, "driver too old for this build's PTX", {"needs a driver newer than 580.65"},
     {"install a driver newer than 580.65.06, or use the build or image for CUDA 12.9"}},
    {"36 of any driver", failure(cuda, 36), {}, {}, nothing_more, 11,
     "driver too old for what was called", {"needs a driver that is newer"}, {}},
    {"36", failure(cuda, 36, {12020, 12090}), h200 + driver("535.104.05"), {}, nothing_more, 11,
     "driver too old for what was called", {"535.104.05", "12.2", "CUDA 12.9"},
     {"a driver that runs CUDA 12.9", "for CUDA 11.8"}},
    {"36 of a driver whose version is unknown", failure(cuda, 36, {12020, 12090}), {}, {},
     nothing_more, 11, "driver too old for what was called", {"the driver runs CUDA up to 12.2"},
     {"a driver that runs CUDA 12.9"}},
    {"222", failure(cuda, 222, {12020, 13000}), h200 + driver("535.104.05"), {}, nothing_more, 11,
     "driver too old for this build's PTX", {"535.104.05", "13.0"}, {"580.65", "12.9"}},
    {"804", failure(cuda, 804, {13000, 13000}), pci("0x1eb8") + driver("470.82.01") +
     loaded("/usr/local/cuda/compat/libcuda.so.580.65.06"), {}, nothing_more, 11,
     "a compat libcuda that this GPU does not support", {"driver 470.82.01, /usr",
     "/usr/local/cuda/compat/libcuda.so.580.65.06"}, {"580.65 or newer", "CUDA 11.8", "compat"}},

    // Libraries that do not go with the driver.
    {"34", failure(cuda, 34), healthy + loaded("/usr/local/cuda/lib64/stubs/libcuda.so"),
     {{"LD_LIBRARY_PATH", "/usr/local/cuda/lib64/stubs"}}, nothing_more, 12,
     "the toolkit's stub in libcuda's place", {"/usr/local/cuda/lib64/stubs/libcuda.so",
     "LD_LIBRARY_PATH=/usr/local/cuda/lib64/stubs"},
     {"take the toolkit's lib/stubs out of LD_LIBRARY_PATH"}},
    {"803 after an upgrade", failure(cuda, 803), h200 + driver("535.104.05") +
     loaded("/usr/lib/libcuda.so.550.54.15"), {}, nothing_more, 12, "driver and libcuda differ",
     {"/usr/lib/libcuda.so.550.54.15 was loaded", "the kernel has driver 535.104.05"},
     {"restart the machine"}},
    {"803 by a compat library", failure(cuda, 803), h200 + driver("535.104.05") + docker +
     loaded("/usr/local/cuda-13.0/compat/libcuda.so.580.65.06"), {}, nothing_more, 12,
     "driver and libcuda differ", {"compat/libcuda.so.580.65.06"}, {"take the compat folder out",
     "upgrade the driver on the host"}},
    {"803 in a container", failure(cuda, 803), docker + loaded("/usr/lib/libcuda.so.550.54.15"),
     {}, nothing_more, 12, "driver and libcuda differ", {"the kernel does not tell"},
     {"restart the container", "restart the node"}},
    {"NVML 18", failure(nvml, 18), healthy, {}, nothing_more, 12, "driver and library differ",
     {"580.65.06"}, {"restart the machine"}},

    // 100 in its many causes.
    {"100 without a GPU", failure(cuda, 100), {}, {{"CUDA_VISIBLE_DEVICES", ""}}, nothing_more, 10,
     "no GPU in this machine", {"no NVIDIA GPU on PCI", "no /dev/nvidia*",
     "CUDA_VISIBLE_DEVICES=''", "NVIDIA_VISIBLE_DEVICES is not set"}, {"machine type"}},
    {"100 not passed", failure(cuda, 100), h200 + driver("580.65.06") + docker, {}, nothing_more,
     10, not_passed, {"no /dev/nvidia*"}, {"--gpus all"}},
    {"100 without files", failure(cuda, 100), h200 + driver("580.65.06"), {}, nothing_more, 10,
     "no device files for the GPU that is here", {"no /dev/nvidia*"}, {"nvidia-modprobe"}},
    {"100 of an empty variable", failure(cuda, 100), healthy, {{"CUDA_VISIBLE_DEVICES", ""}},
     nothing_more, 10, hidden, {"/dev/nvidia0", "CUDA_VISIBLE_DEVICES=''"},
     {"unset CUDA_VISIBLE_DEVICES"}},
    {"100 of a number below 0", failure(cuda, 100), healthy, {{"CUDA_VISIBLE_DEVICES", "-1"}},
     nothing_more, 10, hidden, {"CUDA_VISIBLE_DEVICES=-1"}, {"unset CUDA_VISIBLE_DEVICES"}},
    {"100 of a number beyond", failure(cuda, 100), healthy, {{"CUDA_VISIBLE_DEVICES", "7"}},
     nothing_more, 10, "no GPU that CUDA can use", {"CUDA_VISIBLE_DEVICES=7"}, {"nvidia-smi -L"}},
    {"100 of permissions", failure(cuda, 100), healthy, {}, refuses, 10, not_permitted,
     {"/dev/nvidia0 is crw-rw---- 0:44"}, {"let this user read and write"}},
    {"100 of a compat library", failure(cuda, 100), healthy +
     loaded("/usr/local/cuda/compat/libcuda.so.580.65.06"), {}, nothing_more, 10,
     "a compat libcuda that is too new for this GPU", {"compat/libcuda.so.580.65.06"}, {"compat"}},
    {"100 of nothing to be seen", failure(cuda, 100), healthy, {{"NVIDIA_VISIBLE_DEVICES", "all"}},
     nothing_more, 10, "no GPU that CUDA can use", {"/dev/nvidia0",
     "CUDA_VISIBLE_DEVICES is not set", "NVIDIA_VISIBLE_DEVICES=all"}, {"nvidia-smi -L", "Xid"}},

    // nvidia_uvm.
    {"3", failure(cuda, 3), h200 + Files{{"sys/module/nvidia/version", "580.65.06"}}, {},
     nothing_more, 10, "nvidia_uvm is missing or broken", {"no /sys/module/nvidia_uvm"},
     {"modprobe nvidia_uvm", "check /dev/nvidia-uvm"}},
    {"999 without the file", failure(cuda, 999), h200 + driver("580.65.06") + Files{{"dev/nvidia0",
     ""}}, {}, nothing_more, 10, "nvidia_uvm is missing or broken", {"no /dev/nvidia-uvm"},
     {"nvidia-modprobe -u"}},
    {"999 without the file in a container", failure(cuda, 999), h200 + driver("580.65.06") + docker
     + Files{{"dev/nvidia0", ""}}, {}, nothing_more, 10, "nvidia_uvm is missing or broken",
     {"no /dev/nvidia-uvm"}, {"into the container"}},
    {"999 with all", failure(cuda, 999), healthy + docker, {}, nothing_more, 10,
     "nvidia_uvm is missing or broken", {"nvidia_uvm is loaded"},
     {"on the host: rmmod nvidia_uvm"}},
    {"999 after it had started", failure(cuda, 999), healthy + docker, {}, is_h200, 10,
     "a driver that failed in the middle", {"nvidia_uvm is loaded"}, {"Xid in dmesg on the host"}},
    {"999 in a container that lost its devices", failure(cuda, 999), healthy + docker, {}, loses,
     10, lost, {"/dev/nvidia-uvm is crw-rw-rw- 0:44"}, {"systemctl daemon-reload", "CDI"}},
    {"999 as NVML says", failure(cuda, 999), healthy + docker, {}, nvml_starts_with<999>, 10, lost,
     {}, {"systemctl daemon-reload"}},
    {"999 of a broken GPU", failure(cuda, 999), healthy + log("79", 150), {}, is_h200, 20,
     "a GPU that failed", {"Xid 79 of 0000:65:00"}, {"out of service"}},

    // Where NVML knows more than CUDA's general word.
    {"999 and NVML 18", failure(cuda, 999), healthy, {}, nvml_starts_with<18>, 12,
     "driver and library differ", {"(999) when counting the GPUs", "NVML's error 18"},
     {"restart the machine"}},
    {"100 and NVML 4", failure(cuda, 100), healthy, {}, nvml_starts_with<4>, 16,
     "no permission to ask NVML", {"(100)", "NVML's error 4"}, {"SELinux"}},
    {"3 and NVML 17", failure(cuda, 3), healthy + docker, {}, nvml_starts_with<17>, 16, lost,
     {"(3)", "NVML's error 17"}, {"systemctl daemon-reload"}},
    {"100 and NVML 15", failure(cuda, 100), healthy + log("79", 50), {}, nvml_starts_with<15>, 20,
     "a GPU that fell off the bus", {"NVML's error 15",
     "Xid 79 of 0000:65:00 before this run: pid=7, something broke"}, {"out of service"}},
    {"100 and NVML 16", failure(cuda, 100), healthy, {}, nvml_starts_with<16>, 20,
     "a GPU that must be reset", {"NVML's error 16"}, {"reset"}},
    {"35 and NVML 18", failure(cuda, 35, {12020, 13000}), healthy, {}, nvml_starts_with<18>, 11,
     "driver too old", {}, {}},

    // No code for this GPU.
    {"209 of a K80", failure(cuda, 209, {11040, 12090}), driver("470.82.01"), {}, is_k80, 13,
     "GPU architecture not in this build", {"this build has sm_75 80 90",
     "this GPU (Tesla K80) is sm_37"}, {"for CUDA 11.8"}},
    {"209 of a V100", failure(cuda, 209), driver("580.65.06"), {}, is_v100, 13,
     "GPU architecture not in this build", {"(Tesla V100) is sm_70"}, {"for CUDA 12.9"}},
    {"209 of a build for few", failure(cuda, 209, {12020, 12090}), driver("535.1"), {}, is_h200,
     13, "GPU architecture not in this build", {"sm_90"}, {"MNIST_CUDA_ARCHITECTURES: 90"}},
    {"209 by the PCI bus", failure(cuda, 209), pci("0x102d") + driver("470.82.01"), {},
     nothing_more, 13, "GPU architecture not in this build", {"this GPU (Kepler) is sm_35 or above"},
     {"for CUDA 11.8"}},
    {"209 of a K80 whose driver is unknown", failure(cuda, 209), {}, {}, is_k80, 13,
     "GPU architecture not in this build", {"sm_37"}, {"for CUDA 11.8"}},
    {"209 of what is unknown", failure(cuda, 209, {0, 0}), {}, {}, nothing_more, 13,
     "GPU architecture not in this build", {"architecture is unknown"},
     {"MNIST_CUDA_ARCHITECTURES"}},
    {"cuBLAS 8", failure(cublas, 8), driver("580.65.06"), {}, is_v100, 13,
     "cuBLAS without code for this GPU", {"sm_70"}, {"for CUDA 12.9"}},
    {"cuDNN 8's 6", failure(cudnn, 6, {11040, 11080}), driver("470.82.01"), {}, is_k80, 13,
     "cuDNN without code for this GPU", {"sm_37"}, {"cuDNN 8.7.0"}},
    {"cuDNN 9's 3007", failure(cudnn, 3007, {12020, 12090}), driver("535.1"), {}, is_v100, 13,
     "cuDNN without code for this GPU", {"sm_70"}, {"cuDNN 9.10"}},

    // Not ready, busy, not permitted, full.
    {"802", failure(cuda, 802), healthy, {}, nothing_more, 14,
     "fabric manager absent or not ready", {"driver 580.65.06"},
     {"start nvidia-fabricmanager 580.65.06"}},
    {"805", failure(cuda, 805), healthy, {{"CUDA_MPS_PIPE_DIRECTORY", "/tmp/mps"}}, nothing_more,
     14, "MPS cannot be reached", {"CUDA_MPS_PIPE_DIRECTORY=/tmp/mps"},
     {"nvidia-cuda-mps-control"}},
    {"806", failure(cuda, 806), healthy, {}, nothing_more, 14, "MPS's server does not answer", {},
     {"nvidia-cuda-mps-control"}},
    {"807", failure(cuda, 807), healthy, {}, nothing_more, 14, "MPS's server is not ready", {},
     {"nvidia-cuda-mps-control"}},
    {"810", failure(cuda, 810), healthy, {}, nothing_more, 14, "MPS ended this client", {},
     {"nvidia-cuda-mps-control"}},
    {"808", failure(cuda, 808), healthy, {}, nothing_more, 15,
     "MPS has no room for another client", {}, {"wait"}},
    {"809", failure(cuda, 809), healthy, {}, nothing_more, 15,
     "MPS has no room for another connection", {}, {"wait"}},
    {"46 of a GPU in exclusive use", failure(cuda, 46), healthy, {}, is_exclusive, 15,
     "a GPU that is in use alone, or prohibited", {"compute mode exclusive process",
     "processes on the GPU at the start: 1"}, {"wait for its user", "nvidia-smi -c DEFAULT"}},
    {"46 in a pod", failure(cuda, 46), healthy + pod, {}, is_shared, 15,
     "a GPU that is in use alone, or prohibited", {"compute mode default"}, {"runtime class"}},
    {"46 of an unknown GPU", failure(cuda, 46), healthy, {}, nothing_more, 15,
     "a GPU that is in use alone, or prohibited", {"compute mode unknown"},
     {"look at its compute mode"}},
    {"304 of permissions", failure(cuda, 304), healthy, {}, refuses, 16, not_permitted,
     {"/dev/nvidia0 is crw-rw---- 0:44"}, {"read and write /dev/nvidia*"}},
    {"304 of permissions in a container", failure(cuda, 304), healthy + docker, {}, refuses, 16,
     not_permitted, {"crw-rw----"}, {"on the host"}},
    {"304 of a lost control group", failure(cuda, 304), healthy + docker, {}, loses, 16, lost, {},
     {"systemctl daemon-reload"}},
    {"800 of seccomp", failure(cuda, 800), healthy + docker + seccomp, {}, nothing_more, 16,
     "no permission to use the GPU", {"seccomp filter", "in a container (/.dockerenv)"},
     {"--security-opt seccomp=unconfined", "on the host"}},
    {"304 of something else", failure(cuda, 304), healthy, {}, nothing_more, 16,
     "the operating system refuses the GPU", {"/dev/nvidia0", "seccomp unknown",
     "not in a container"}, {"SELinux", "control group"}},
    {"NVML 4", failure(nvml, 4), healthy, {}, nothing_more, 16, "no permission to ask NVML", {},
     {"SELinux"}},
    {"NVML 17", failure(nvml, 17), healthy, {}, nothing_more, 16,
     "the operating system refuses the GPU", {}, {"control group"}},
    {"NVML 17 in a container", failure(nvml, 17), healthy + docker, {}, nothing_more, 16, lost, {},
     {"systemctl daemon-reload"}},
    {"NVML 999 in a container", failure(nvml, 999), healthy + docker, {}, loses, 16, lost, {},
     {"systemctl daemon-reload"}},
    {"NVML 999 elsewhere", failure(nvml, 999), healthy, {}, loses, 1, "failed", {"(999)"}, {}},
    {"NVML 9", failure(nvml, 9), h200, {}, nothing_more, 10, "no driver for the GPU that is here",
     {}, {"modprobe nvidia"}},
    {"NVML 12", failure(nvml, 12), healthy, {}, nothing_more, 10, "NVML's library is missing", {},
     {"libnvidia-ml.so.1"}},
    {"2", without_memory(cuda, 2), healthy, {}, is_shared, 17, "out of device memory",
     {"512 of 81559 MiB free", "processes on the GPU at the start: 3"},
     {"nvidia-smi lists its users", "--batch_size"}},
    {"cuBLAS 3", without_memory(cublas, 3), healthy, {}, nothing_more, 17, "out of device memory",
     {"512 of 81559 MiB free"}, {"--batch_size"}},
    {"cuDNN 8's 2", without_memory(cudnn, 2), healthy, {}, nothing_more, 17,
     "out of device memory", {"512 of"}, {}},
    {"cuDNN 9's 4003", without_memory(cudnn, 4003), healthy, {}, nothing_more, 17,
     "out of memory in cuDNN", {"512 of"}, {}},
    {"cuDNN 9's 4004", without_memory(cudnn, 4004), healthy, {}, nothing_more, 17,
     "out of device memory", {"512 of"}, {}},

    // Hardware, or our own fault.
    {"214", failure(cuda, 214), healthy + log("48", 150), {}, wants_a_reboot, 20,
     "uncorrectable memory errors (ECC)", {"Xid 48 of 0000:65:00", "recovery action 2"},
     {"reboot the node"}},
    {"220", failure(cuda, 220), healthy, {}, wants_a_reset, 20, "uncorrectable NVLink errors",
     {"no Xid to be read", "recovery action 1"}, {"reset the GPU (nvidia-smi --gpu-reset)"}},
    {"NVML 15", failure(nvml, 15), healthy, {}, nothing_more, 20, "a GPU that fell off the bus",
     {}, {"out of service"}},
    {"NVML 16", failure(nvml, 16), healthy, {}, nothing_more, 20, "a GPU that must be reset", {},
     {"reset"}},
    {"700 of our own", failure(cuda, 700), healthy + docker, {}, is_h200, 70,
     "a kernel that read or wrote where it may not", {"when counting the GPUs, no Xid to be read"},
     {"dmesg on the host", "if there is none, report it"}},
    {"700 with an application's Xid", failure(cuda, 700), healthy + log("31", 150), {}, is_h200,
     70, "a kernel that read or wrote where it may not", {"Xid 31 of 0000:65:00",
     "usually the program's own"}, {"report it"}},
    {"719 of hardware", failure(cuda, 719), healthy + log("79", 150), {}, is_h200, 20,
     "a GPU that failed", {"Xid 79 of 0000:65:00: pid=7, something broke"}, {"out of service"}},
    {"719 and another GPU's Xid", failure(cuda, 719), healthy + log("79", 150, "0000:66:00"), {},
     is_h200, 70, "a kernel that faulted", {"no Xid to be read"}, {"report it"}},
    {"719 and an Xid of before", failure(cuda, 719), healthy + log("79", 50), {}, is_h200, 70,
     "a kernel that faulted", {"no Xid to be read"}, {"report it"}},
    {"226 with new double-bit errors", failure(cuda, 226), healthy, {}, counts_double_bit_errors,
     20, "a GPU that failed", {"new double-bit memory errors"}, {"out of service"}},
    {"226 of our own", failure(cuda, 226), healthy, {}, nothing_more, 70,
     "a kernel ended by a contained error", {}, {"report it"}},
    {"710", failure(cuda, 710), healthy, {}, nothing_more, 70, "a kernel's assertion that failed",
     {}, {"report it"}},

    // Libraries.
    {"no cuDNN", without_library(), healthy, {}, nothing_more, 10,
     "cuDNN 9 for CUDA 13 missing or unusable",
     {"libcudnn.so.9 is missing (looked for in /usr/lib)"},
     {"install cuDNN 9 for CUDA 13, or name its folder in CUDNN_ROOT or LD_LIBRARY_PATH"}},
    {"cuDNN 1002", failure(cudnn, 1002), healthy, {}, nothing_more, 10,
     "a cuDNN whose parts differ in version", {}, {"of one version"}},
    {"cuDNN 1008", failure(cudnn, 1008), healthy, {}, nothing_more, 10,
     "a cuDNN that lacks a part", {}, {"all of cuDNN's libraries"}},
    {"cuDNN 3009", failure(cudnn, 3009), healthy, {}, nothing_more, 10,
     "a cuDNN that lacks a part", {}, {"all of cuDNN's libraries"}},

    // Anything else.
    {"an unknown number", failure(cuda, 1), healthy, {}, nothing_more, 1, "failed",
     {"counting the GPUs failed: cudaErrorSomething (1), a misleading text"}, {"documentation"}},
    {"an unknown number of a broken GPU", failure(cudnn, 5000), healthy + log("95", 150), {},
     is_h200, 20, "a GPU that failed", {"Xid 95"}, {"out of service"}},
};
// clang-format on

}  // namespace

const Files& healthy_files() { return healthy; }
const Files& docker_files() { return docker; }
const std::vector<DiagnosisRow>& diagnosis_rows() { return all_rows; }

}  // namespace mnist
