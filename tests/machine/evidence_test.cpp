#include "machine/evidence.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/file_descriptor.hpp"
#include "machine/made_up_machine.hpp"
#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class Looking : public MadeUpMachine {
 protected:
  Evidence look() const { return look_up_evidence(machine(), "libno-such-nvml.so.1"); }
  Place place() const { return look_up_place(machine()); }
};

TEST_F(Looking, FindsNothingInAnEmptyRoot) {
  const Evidence evidence = look();
  EXPECT_THAT(evidence.pci_gpus, IsEmpty());
  EXPECT_FALSE(evidence.module_loaded);
  EXPECT_FALSE(evidence.uvm_module_loaded);
  EXPECT_EQ(evidence.kernel_driver, "");
  EXPECT_THAT(evidence.device_files, IsEmpty());
  EXPECT_EQ(evidence.libcuda, "");
  EXPECT_EQ(evidence.nvml_status, std::nullopt);
  EXPECT_THAT(evidence.variables, IsEmpty());
  EXPECT_EQ(evidence.seccomp, "");
  EXPECT_THAT(evidence.xids, IsEmpty());
  EXPECT_EQ(evidence.place.host + evidence.place.container + evidence.place.pod, "");
  EXPECT_THAT(
      evidence_lines(evidence),
      ElementsAre("PCI: no NVIDIA GPU", "kernel modules: no nvidia, no nvidia_uvm",
                  "device file: no /dev/nvidia*", "libcuda: none is loaded", "NVML: no library"));
}

TEST_F(Looking, FindsEveryFact) {
  file("sys/bus/pci/devices/0000:65:00.0/vendor", "0x10de\n");
  file("sys/bus/pci/devices/0000:65:00.0/class", "0x030200\n");
  file("sys/bus/pci/devices/0000:65:00.0/device", "0x2335\n");
  fs::create_directories(root() / "sys/module/nvidia");
  fs::create_directories(root() / "sys/module/nvidia_uvm");
  file("proc/driver/nvidia/version",
       "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
       "GCC version:  gcc version 11.4.0\n");
  file("dev/nvidia0", "");
  fs::create_directories(root() / "dev/nvidia-caps");
  file("dev/null", "");
  file("proc/self/maps",
       "55d0-55d1 r--p 00000000 08:01 123 \n"
       "7f12a000-7f12b000 r-xp 00000000 08:01 77    /opt/libcudart.so.13\n"
       "7f12a000-7f12b000 r-xp 00000000 08:01 123    /usr/my lib/libcuda.so.535.104.05\n");
  file("proc/self/status", "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n");
  file("dev/kmsg", "3,1,2,-;NVRM: Xid (PCI:0000:65:00): 79, GPU has fallen off the bus.\n");
  file("proc/sys/kernel/hostname", "trainer-7\n");
  variables = {{"CUDA_VISIBLE_DEVICES", ""}, {"AWS_SECRET_ACCESS_KEY", "x"}};
  const Evidence evidence = look();
  EXPECT_EQ(evidence.kernel_driver, "535.104.05");
  EXPECT_EQ(evidence.libcuda, "/usr/my lib/libcuda.so.535.104.05");
  EXPECT_THAT(evidence.variables, ElementsAre(Pair("CUDA_VISIBLE_DEVICES", "")));
  ASSERT_EQ(evidence.pci_gpus.size(), 1u);
  EXPECT_EQ(evidence.pci_gpus[0].device_id, 0x2335u);
  const std::string owner = std::to_string(::getuid()) + ":" + std::to_string(::getgid());
  EXPECT_THAT(
      evidence_lines(evidence),
      ElementsAre("PCI: 0000:65:00.0 [10de:2335]", "kernel modules: nvidia, nvidia_uvm",
                  "kernel driver: 535.104.05", "device file: /dev/nvidia0 -rw-r--r-- " + owner,
                  "libcuda: /usr/my lib/libcuda.so.535.104.05", "NVML: no library",
                  "variable: CUDA_VISIBLE_DEVICES=", "seccomp: filter", "host: trainer-7",
                  "Xid: 79 of 0000:65:00 GPU has fallen off the bus."));
}

TEST_F(Looking, ReadsTheDriversVersionHoweverItIsWritten) {
  const std::pair<const char*, const char*> versions[] = {
      {"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n",
       "580.65.06"},
      {"NVRM version: NVIDIA UNIX aarch64 Kernel Module  470.256.02  Thu\n", "470.256.02"},
      {"NVRM version: no numbers\n", ""},
      {"\n\n580.65\n", ""},
      {"", ""}};
  for (const auto& [text, version] : versions) {
    file("proc/driver/nvidia/version", text);
    EXPECT_EQ(look().kernel_driver, version) << text;
  }
  file("sys/module/nvidia/version", "550.54.15\n");
  EXPECT_EQ(look().kernel_driver, "550.54.15") << "where a container shows no more";
}

TEST_F(Looking, SaysHowNvmlStarted) {
  StandInNvml& nvml = fresh_stand_in_nvml(MNIST_STAND_IN_NVML_WHOLE);
  const Evidence well = look_up_evidence(machine(), MNIST_STAND_IN_NVML_WHOLE);
  EXPECT_EQ(well.nvml_status, 0);
  EXPECT_EQ(well.nvml_driver, "580.65.06");
  EXPECT_THAT(evidence_lines(well), Contains("NVML: started, driver 580.65.06"));
  nvml.results = {{"nvmlInit_v2", 18}};
  const Evidence mismatched = look_up_evidence(machine(), MNIST_STAND_IN_NVML_WHOLE);
  EXPECT_EQ(mismatched.nvml_status, 18);
  EXPECT_EQ(mismatched.nvml_driver, "");
  EXPECT_THAT(evidence_lines(mismatched), Contains("NVML: did not start: 18"));
}

TEST_F(Looking, AsksNvmlOfTheWorstGpu) {
  StandInNvml& nvml = fresh_stand_in_nvml(MNIST_STAND_IN_NVML_WHOLE);
  const Evidence well = look_up_evidence(machine(), MNIST_STAND_IN_NVML_WHOLE);
  EXPECT_EQ(well.compute_mode, "default");
  EXPECT_EQ(well.recovery_action, 0u);
  nvml.compute_mode = 3;
  nvml.recovery_action = 2;
  const Evidence ill = look_up_evidence(machine(), MNIST_STAND_IN_NVML_WHOLE);
  EXPECT_EQ(ill.compute_mode, "exclusive process");
  EXPECT_EQ(ill.recovery_action, 2u);
  EXPECT_THAT(evidence_lines(ill),
              testing::IsSupersetOf({"compute mode: exclusive process", "recovery action: 2"}));
  nvml.results = {{"nvmlInit_v2", 18}};
  EXPECT_EQ(look_up_evidence(machine(), MNIST_STAND_IN_NVML_WHOLE).recovery_action, std::nullopt);
}

// Where the files hold anything else than what they should.
TEST_F(Looking, BearsOddFiles) {
  file("sys/bus/pci/devices/0000:65:00.0/vendor", "0x10de");
  file("sys/bus/pci/devices/0000:65:00.0/class", "0x030000");
  file("sys/bus/pci/devices/0000:65:00.0/device", "zz\n");
  fs::create_directories(root() / "sys/bus/pci/devices/0000:66:00.0/vendor");
  file("proc/self/status", "Seccomp:\t9\n");
  file("proc/self/maps", std::string(std::size_t{32} << 20, 'x'));
  fs::create_directories(root() / "proc/sys/kernel/hostname");
  fs::create_directories(root() / "proc/self/cgroup");
  fs::create_symlink("nowhere", root() / "proc/1");
  fs::create_directories(root() / "dev");
  fs::create_symlink("nowhere", root() / "dev/nvidia3");
  ASSERT_EQ(::mkfifo((root() / "proc/self/stat").c_str(), 0600), 0);
  const Evidence evidence = look();
  ASSERT_EQ(evidence.pci_gpus.size(), 1u);
  EXPECT_EQ(evidence.pci_gpus[0].device_id, 0u);
  EXPECT_EQ(evidence.seccomp, "");
  EXPECT_EQ(evidence.libcuda, "");
  EXPECT_EQ(evidence.place.host, "");
  EXPECT_THAT(evidence.device_files, IsEmpty());
}

TEST_F(Looking, SaysWhoMayUseADeviceFile) {
  for (const char* path : {"dev/nvidia0", "dev/nvidiactl"}) {
    file(path, "");
    ::chmod((root() / path).c_str(), 0640);
  }
  ::chmod(root().c_str(), 0755);
  for (const DeviceFile& found : look().device_files) {
    EXPECT_TRUE(found.usable);
    EXPECT_EQ(found.mode, "-rw-r-----");
  }
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  ASSERT_EQ(::seteuid(65534), 0);
  const std::vector<DeviceFile> of_others = look().device_files;
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(of_others.size(), 2u);
  for (const DeviceFile& found : of_others) EXPECT_FALSE(found.usable) << found.path;
}

// As in a container whose devices were taken away: permissions allow it, and open() refuses.
TEST_F(Looking, FindsAControlDeviceThatCannotBeOpened) {
  fs::create_directories(root() / "dev");
  for (const char* name : {"nvidia0", "nvidiactl"}) {
    const std::string path = (root() / "dev" / name).string();
    const FileDescriptor server(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::bind(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  const std::vector<DeviceFile> files = look().device_files;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_TRUE(files[0].usable) << "a GPU's own is not opened";
  EXPECT_FALSE(files[1].usable);
}

struct PlaceCase {
  const char* name;
  std::map<fs::path, std::string> files;
  std::map<std::string, std::string> variables;
  const char* container;
  bool kubernetes;
};

TEST_F(Looking, TellsContainersAndPodsFromMachines) {
  const char* const pod_group = "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-2.scope\n";
  const PlaceCase cases[] = {
      {"a machine", {{"proc/1/cgroup", "0::/init.scope\n"}}, {}, "", false},
      {"a runtime's own service",
       {{"proc/self/cgroup", "0::/system.slice/docker.service\n"}},
       {},
       "",
       false},
      {"docker", {{".dockerenv", ""}, {"proc/1/cgroup", pod_group}}, {}, "/.dockerenv", true},
      {"podman", {{"run/.containerenv", ""}}, {}, "/run/.containerenv", false},
      {"nspawn", {}, {{"container", "systemd-nspawn"}}, "container=systemd-nspawn", false},
      {"cgroups of docker",
       {{"proc/1/cgroup", "4:cpu:/docker/4f\n"}},
       {},
       "cgroup /docker/",
       false},
      {"cgroups of a pod", {{"proc/self/cgroup", pod_group}}, {}, "cgroup kubepods", true},
      {"a pod that hides its cgroups",
       {{"proc/1/cgroup", "0::/\n"}},
       {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}},
       "KUBERNETES_SERVICE_HOST",
       true},
      {"a pod without variables",
       {{"var/run/secrets/kubernetes.io/serviceaccount/namespace", "ml"}},
       {},
       "/var/run/secrets/kubernetes.io/serviceaccount",
       true},
  };
  for (const PlaceCase& made_up : cases) {
    for (const char* old : {"proc", "run", "var", ".dockerenv"}) fs::remove_all(root() / old);
    for (const auto& [path, content] : made_up.files) file(path, content);
    variables = made_up.variables;
    EXPECT_EQ(place().container, made_up.container) << made_up.name;
    EXPECT_EQ(place().kubernetes, made_up.kubernetes) << made_up.name;
  }
}

TEST_F(Looking, NamesThePod) {
  file("proc/sys/kernel/hostname", "pod-of-the-host-name\n");
  variables = {{"NODE_NAME", "node-3"}, {"POD_NAME", "smoke"}, {"POD_NAMESPACE", "ci"}};
  EXPECT_EQ(place().node + place().pod + place().pod_namespace, "") << "not in Kubernetes";
  variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  EXPECT_EQ(place().node, "node-3");
  EXPECT_EQ(place().pod, "smoke");
  EXPECT_EQ(place().pod_namespace, "ci");
  EXPECT_THAT(evidence_lines(look()), Contains("Kubernetes: node node-3, pod ci/smoke"));
  variables.erase("POD_NAME");
  variables.erase("POD_NAMESPACE");
  file("var/run/secrets/kubernetes.io/serviceaccount/namespace", "ml\n");
  EXPECT_EQ(place().pod, "pod-of-the-host-name");
  EXPECT_EQ(place().pod_namespace, "ml");
}

}  // namespace
}  // namespace mnist
