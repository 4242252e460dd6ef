#include "machine/machine.hpp"

#include <gtest/gtest.h>

#include <map>

#include "machine/gpu_presence.hpp"
#include "machine/made_up_machine.hpp"
#include "machine/processors.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

class GpuPresence : public MadeUpMachine {
 protected:
  void pci(const std::string& address, const std::string& vendor, const std::string& kind) {
    file("sys/bus/pci/devices/" + address + "/vendor", vendor + "\n");
    file("sys/bus/pci/devices/" + address + "/class", kind + "\n");
  }
  std::optional<std::string> gpu() const { return nvidia_gpu_evidence(machine()); }
};

TEST_F(GpuPresence, NothingAtAllShowsNone) { EXPECT_EQ(gpu(), std::nullopt); }

TEST_F(GpuPresence, OtherMakersAndOtherFunctionsAreNoGpu) {
  file("dev/null", "");
  pci("0000:00:02.0", "0x8086", "0x030000");  // Intel's graphics
  pci("0000:01:00.1", "0x10de", "0x040300");  // the audio function of an NVIDIA card
  EXPECT_EQ(gpu(), std::nullopt);
}

TEST_F(GpuPresence, AnNvidiaDisplayControllerIsSeenOnPci) {
  pci("0000:00:02.0", "0x8086", "0x030000");
  pci("0000:65:00.0", "0x10de", "0x030200");
  EXPECT_EQ(gpu(), "PCI device 0000:65:00.0");
}

TEST_F(GpuPresence, ADeviceFileIsSeen) {
  file("dev/nvidiactl", "");
  EXPECT_EQ(gpu(), "/dev/nvidiactl");
}

TEST_F(GpuPresence, AVariableThatNamesAGpuIsSeen) {
  for (const char* none : {"", "none", "void", "all"}) {
    variables["NVIDIA_VISIBLE_DEVICES"] = none;
    EXPECT_EQ(gpu(), std::nullopt) << none;
  }
  for (const char* some : {"0", "GPU-4f8e", "0,1"}) {
    variables["NVIDIA_VISIBLE_DEVICES"] = some;
    EXPECT_EQ(gpu(), std::string("NVIDIA_VISIBLE_DEVICES=") + some);
  }
}

using Processors = MadeUpMachine;

TEST_F(Processors, AreThoseThatTheProcessMayRunOn) {
  file("proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8,10-11\n");
  EXPECT_EQ(usable_processors(machine()), 7);
}

TEST_F(Processors, AreAtLeastOneWhereNothingIsKnown) { EXPECT_GE(usable_processors(machine()), 1); }

TEST_F(Processors, HaveTheNameThatLinuxGivesThem) {
  EXPECT_EQ(processor_name(machine()), "CPU");
  file("proc/cpuinfo", "processor\t: 0\nmodel name\t: AMD EPYC: 7763\nmodel\t: 1\n");
  EXPECT_EQ(processor_name(machine()), "AMD EPYC: 7763");
}

struct Quota {
  const char* name;
  const char* groups;  // /proc/self/cgroup
  std::map<fs::path, std::string> files;
  int expected;  // of 8 processors
};

class ProcessorQuota : public MadeUpMachine, public testing::WithParamInterface<Quota> {};

TEST_P(ProcessorQuota, Bounds) {
  file("proc/self/status", "Cpus_allowed_list:\t0-7\n");
  file("proc/self/cgroup", GetParam().groups);
  for (const auto& [path, content] : GetParam().files) file("sys/fs/cgroup" / path, content);
  EXPECT_EQ(usable_processors(machine()), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, ProcessorQuota,
    testing::Values(
        Quota{"v2_none", "0::/\n", {{"cpu.max", "max 100000\n"}}, 8},
        Quota{"v2_in_a_container", "0::/\n", {{"cpu.max", "200000 100000\n"}}, 2},
        Quota{"v2_rounded_up", "0::/\n", {{"cpu.max", "250000 100000\n"}}, 3},
        Quota{"v2_below_one", "0::/\n", {{"cpu.max", "10000 100000\n"}}, 1},
        Quota{"v2_above_the_machine", "0::/\n", {{"cpu.max", "6400000 100000\n"}}, 8},
        Quota{"v2_of_the_group_around",
              "0::/a/b\n",
              {{"a/cpu.max", "300000 100000\n"}, {"a/b/cpu.max", "max 100000\n"}},
              3},
        Quota{"v1",
              "5:cpu,cpuacct:/job\n4:cpuset:/x\n",
              {{"cpu/job/cpu.cfs_quota_us", "150000\n"}, {"cpu/job/cpu.cfs_period_us", "100000\n"}},
              2},
        Quota{"v1_in_a_container_with_the_hosts_path",
              "5:cpuacct,cpu:/docker/4f8e\n",
              {{"cpu/cpu.cfs_quota_us", "400000\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
              4},
        Quota{"v1_none",
              "5:cpu:/\n",
              {{"cpu/cpu.cfs_quota_us", "-1\n"}, {"cpu/cpu.cfs_period_us", "100000\n"}},
              8},
        Quota{"nonsense", "cpu\n0::\n", {{"cpu.max", "many few\n"}}, 8}),
    [](const auto& quota) { return std::string(quota.param.name); });

}  // namespace
}  // namespace mnist
