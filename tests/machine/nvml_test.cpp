#include "machine/nvml.hpp"

#include <gmock/gmock.h>

#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

// Variants of the stand-in: with all functions; with an older name of one; with those alone that a
// GPU is found by. And another library.
const char* const whole = MNIST_STAND_IN_NVML_WHOLE;
const char* const old = MNIST_STAND_IN_NVML_OLD;
const char* const bare = MNIST_STAND_IN_NVML_BARE;
const char* const other = MNIST_STAND_INS "/libstand_in_needed.so.1";

constexpr int not_supported = 3;
constexpr int no_permission = 4;
constexpr int version_mismatch = 18;

class NvmlReadings : public testing::Test {
 protected:
  // What the stand-in tells: of a GPU, and a part of it, that is used.
  StandInNvml& stand_in(const char* library = whole) {
    StandInNvml& state = fresh_stand_in_nvml(library);
    state.uuids = {"GPU-1", "MIG-2"};
    state.processes = 2;
    state.utilization = 7;
    state.memory_used = 1'000'000'000;
    return state;
  }
  GpuReadings read(const char* library = whole) { return Nvml(library).read("GPU-1"); }
};

void expect_nothing(const GpuReadings& readings) {
  EXPECT_FALSE(readings.utilization_percent);
  EXPECT_FALSE(readings.memory_utilization_percent);
  EXPECT_FALSE(readings.memory_used_bytes);
  EXPECT_FALSE(readings.memory_free_bytes);
  EXPECT_FALSE(readings.temperature_celsius);
  EXPECT_FALSE(readings.power_watts);
  EXPECT_FALSE(readings.power_cap_watts);
  EXPECT_FALSE(readings.ecc_enabled);
  EXPECT_FALSE(readings.compute_mode);
  EXPECT_FALSE(readings.processes);
}

TEST_F(NvmlReadings, AreEachWhatTheLibraryTells) {
  stand_in();
  const Nvml nvml(whole);
  EXPECT_EQ(nvml.absence(), "");
  EXPECT_EQ(nvml.driver_version(), "580.65.06");
  const GpuReadings readings = nvml.read("GPU-1");
  EXPECT_EQ(readings.utilization_percent, 7u);
  EXPECT_EQ(readings.memory_utilization_percent, 3u);
  EXPECT_EQ(readings.memory_used_bytes, 1'000'000'000u);
  EXPECT_EQ(readings.memory_free_bytes, 79'000'000'000u);
  EXPECT_EQ(readings.temperature_celsius, 31u);
  EXPECT_DOUBLE_EQ(readings.power_watts.value(), 76.5);
  EXPECT_DOUBLE_EQ(readings.power_cap_watts.value(), 700);
  EXPECT_EQ(readings.ecc_enabled, true);
  EXPECT_EQ(readings.compute_mode, "default");
  EXPECT_EQ(readings.processes, 2u);
}

TEST_F(NvmlReadings, OfEccAreOfNowAndNotOfAfterAReset) {
  StandInNvml& state = stand_in();
  state.ecc = 0;
  EXPECT_EQ(read().ecc_enabled, false);
}

TEST_F(NvmlReadings, NameTheComputeMode) {
  StandInNvml& state = stand_in();
  const std::pair<unsigned, const char*> names[] = {
      {1, "exclusive thread"}, {2, "prohibited"}, {3, "exclusive process"}, {9, "mode 9"}};
  for (const auto& [mode, name] : names) {
    state.compute_mode = mode;
    EXPECT_EQ(read().compute_mode, name);
  }
}

TEST_F(NvmlReadings, CountNoProcessesToo) {
  stand_in().processes = 0;
  EXPECT_EQ(read().processes, 0u);
}

TEST_F(NvmlReadings, AreUnknownWhereOneIsRefusedAndTheOthersKnown) {
  using Known = bool (*)(const GpuReadings&);
  const std::pair<const char*, Known> refusals[] = {
      {"nvmlDeviceGetUtilizationRates",
       [](const GpuReadings& r) { return r.utilization_percent || r.memory_utilization_percent; }},
      {"nvmlDeviceGetTemperature",
       [](const GpuReadings& r) { return r.temperature_celsius.has_value(); }},
      {"nvmlDeviceGetPowerUsage", [](const GpuReadings& r) { return r.power_watts.has_value(); }},
      {"nvmlDeviceGetEnforcedPowerLimit",
       [](const GpuReadings& r) { return r.power_cap_watts.has_value(); }},
      {"nvmlDeviceGetEccMode", [](const GpuReadings& r) { return r.ecc_enabled.has_value(); }},
      {"nvmlDeviceGetComputeMode", [](const GpuReadings& r) { return r.compute_mode.has_value(); }},
      {"nvmlDeviceGetComputeRunningProcesses",
       [](const GpuReadings& r) { return r.processes.has_value(); }}};
  StandInNvml& state = stand_in();
  for (const int result : {not_supported, no_permission}) {
    for (const auto& refused : refusals) {
      state.results = {{refused.first, result}};
      const GpuReadings readings = read();
      for (const auto& [symbol, known] : refusals)
        EXPECT_EQ(known(readings), symbol != refused.first) << symbol << " with " << refused.first;
    }
  }
  state.results = {{"nvmlSystemGetDriverVersion", not_supported}};
  EXPECT_EQ(Nvml(whole).driver_version(), "");
}

TEST_F(NvmlReadings, AreOfTheGpuOrThePartThatIsAskedFor) {
  stand_in();
  const Nvml nvml(whole);
  EXPECT_TRUE(nvml.knows("GPU-1"));
  EXPECT_TRUE(nvml.knows("MIG-2"));
  EXPECT_FALSE(nvml.knows("GPU-2"));
  EXPECT_EQ(nvml.read("MIG-2").temperature_celsius, 31u);
  expect_nothing(nvml.read("GPU-2"));
}

TEST_F(NvmlReadings, ListGpusAndTheirParts) {
  StandInNvml& state = stand_in();
  state.uuids = {"GPU-1", "GPU-2", "MIG-2a", "MIG-2b", "GPU-3"};
  const Nvml nvml(whole);
  const auto uuids = [&] {
    std::vector<std::string> found;
    for (const NvmlDevice& gpu : nvml.devices()) found.push_back(gpu.uuid);
    return found;
  };
  const std::vector<NvmlDevice> gpus = nvml.devices();
  ASSERT_THAT(uuids(), ElementsAre("GPU-1", "GPU-2", "GPU-3"));
  EXPECT_EQ(gpus[1].name, "NVIDIA H100 80GB HBM3");
  EXPECT_FALSE(gpus[0].mig_enabled);
  EXPECT_TRUE(gpus[1].mig_enabled);
  EXPECT_THAT(gpus[0].mig_uuids, IsEmpty());
  EXPECT_THAT(gpus[1].mig_uuids, ElementsAre("MIG-2a", "MIG-2b"));
  state.results = {{"nvmlDeviceGetMigDeviceHandleByIndex", no_permission}};
  EXPECT_TRUE(nvml.devices()[1].mig_enabled);
  EXPECT_THAT(nvml.devices()[1].mig_uuids, IsEmpty());
  state.results = {{"nvmlDeviceGetMigMode", not_supported},
                   {"nvmlDeviceGetMaxMigDeviceCount", not_supported},
                   {"nvmlDeviceGetName", not_supported}};
  EXPECT_THAT(uuids(), ElementsAre("GPU-1", "GPU-2", "GPU-3"));
  EXPECT_FALSE(nvml.devices()[1].mig_enabled);
  EXPECT_THAT(nvml.devices()[1].mig_uuids, IsEmpty());
  EXPECT_EQ(nvml.devices()[1].name, "");
  for (const char* symbol : {"nvmlDeviceGetCount_v2", "nvmlDeviceGetHandleByIndex_v2"}) {
    state.results = {{symbol, no_permission}};
    EXPECT_THAT(uuids(), IsEmpty()) << symbol;
  }
  stand_in(bare);
  EXPECT_THAT(Nvml(bare).devices(), IsEmpty());
}

TEST_F(NvmlReadings, AreUnknownWhereTheLibraryLacksTheirFunctions) {
  stand_in(bare);
  const Nvml nvml(bare);
  EXPECT_EQ(nvml.absence(), "");
  EXPECT_TRUE(nvml.knows("GPU-1"));
  EXPECT_EQ(nvml.driver_version(), "");
  expect_nothing(nvml.read("GPU-1"));
}

TEST_F(NvmlReadings, CountProcessesByTheFunctionsOlderName) {
  stand_in(old);
  EXPECT_EQ(read(old).processes, 2u);
}

TEST_F(NvmlReadings, CountTheDriversOwnReserveAsUsedOnlyWhereItIsNotToldApart) {
  StandInNvml& state = stand_in();
  state.memory_reserved = 5'000'000;
  EXPECT_EQ(read().memory_used_bytes, 1'000'000'000u);
  state.results = {{"nvmlDeviceGetMemoryInfo_v2", not_supported}};
  EXPECT_EQ(read().memory_used_bytes, 1'005'000'000u);
  EXPECT_EQ(read().memory_free_bytes, 79'000'000'000u);
  state.results["nvmlDeviceGetMemoryInfo"] = no_permission;
  EXPECT_FALSE(read().memory_used_bytes || read().memory_free_bytes);
  stand_in(old).memory_reserved = 5'000'000;
  EXPECT_EQ(read(old).memory_used_bytes, 1'005'000'000u);
}

TEST_F(NvmlReadings, AreAbsentWithoutTheLibraryAndSayWhy) {
  const Nvml nvml("libno-such-nvml.so.1");
  EXPECT_THAT(nvml.absence(), HasSubstr("libno-such-nvml.so.1: cannot open shared object file"));
  EXPECT_FALSE(nvml.knows("GPU-1"));
  EXPECT_EQ(nvml.driver_version(), "");
  expect_nothing(nvml.read("GPU-1"));
  EXPECT_THAT(Nvml(other).absence(), EndsWith(": no function nvmlInit_v2"));
}

TEST_F(NvmlReadings, AreAbsentWhereTheLibraryDoesNotStartAndSayWhy) {
  stand_in().results = {{"nvmlInit_v2", version_mismatch}};
  const Nvml nvml(whole);
  EXPECT_THAT(nvml.absence(), EndsWith(": Driver/library version mismatch (18)"));
  EXPECT_EQ(nvml.driver_version(), "");
  expect_nothing(nvml.read("GPU-1"));
  stand_in(bare).results = {{"nvmlInit_v2", version_mismatch}};
  EXPECT_THAT(Nvml(bare).absence(), EndsWith(": error 18"));
}

TEST_F(NvmlReadings, LeaveTheLibraryAsItWas) {
  StandInNvml& state = stand_in();
  {
    const Nvml nvml(whole);
    EXPECT_EQ(state.opened, 1);
  }
  EXPECT_EQ(state.opened, 0);
  state.results = {{"nvmlInit_v2", version_mismatch}};
  { const Nvml refused(whole); }
  EXPECT_EQ(state.opened, 0) << "what did not start is not ended";
}

}  // namespace
}  // namespace mnist
