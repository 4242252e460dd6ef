#include "machine/nvml_gpu.hpp"

#include <gmock/gmock.h>

#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const char* const whole = MNIST_STAND_IN_NVML_WHOLE;
const char* const old = MNIST_STAND_IN_NVML_OLD;
const char* const bare = MNIST_STAND_IN_NVML_BARE;

constexpr int not_supported = 3;
constexpr int no_permission = 4;
constexpr int off_the_bus = 15;
constexpr int reset_required = 16;

struct Look {
  GpuHealth health;
  HealthSample sample;
};

using Number = std::optional<double>;

// What is looked at, the function that tells it, and what it says of the stand-in.
struct Fact {
  const char* name;
  std::string symbol;
  Number (*of)(const Look&);
  double truth;
};

template <class Value>
Number number(const std::optional<Value>& value) {
  return value ? Number(static_cast<double>(*value)) : std::nullopt;
}

template <class Value>
Number row_number(const GpuHealth& health, Value RemappedRows::*part) {
  return health.remapped_rows ? Number((*health.remapped_rows).*part) : std::nullopt;
}

const Fact facts[] = {
    {"recovery_action", "field.230",
     [](const Look& look) { return number(look.health.recovery_action); }, 4},
    {"correctable", "nvmlDeviceGetRemappedRows",
     [](const Look& look) { return row_number(look.health, &RemappedRows::correctable); }, 7},
    {"uncorrectable", "nvmlDeviceGetRemappedRows",
     [](const Look& look) { return row_number(look.health, &RemappedRows::uncorrectable); }, 600},
    {"pending", "nvmlDeviceGetRemappedRows",
     [](const Look& look) { return row_number(look.health, &RemappedRows::pending); }, 1},
    {"failed", "nvmlDeviceGetRemappedRows",
     [](const Look& look) { return row_number(look.health, &RemappedRows::failed); }, 0},
    {"retired_pages", "nvmlDeviceGetRetiredPages",
     [](const Look& look) { return number(look.health.retired_pages); }, 63},
    {"retirement_pending", "nvmlDeviceGetRetiredPagesPendingStatus",
     [](const Look& look) { return number(look.health.retirement_pending); }, 1},
    {"double_bit_errors", "nvmlDeviceGetTotalEccErrors",
     [](const Look& look) { return number(look.health.double_bit_errors); }, 5},
    {"temperature_limit_celsius", "nvmlDeviceGetTemperatureThreshold",
     [](const Look& look) { return number(look.health.temperature_limit_celsius); }, 87},
    {"memory_temperature_limit_celsius", "nvmlDeviceGetTemperatureThreshold",
     [](const Look& look) { return number(look.health.memory_temperature_limit_celsius); }, 95},
    {"pcie_width_most", "nvmlDeviceGetMaxPcieLinkWidth",
     [](const Look& look) { return number(look.health.pcie_width_most); }, 16},
    {"pcie_generation_most", "nvmlDeviceGetMaxPcieLinkGeneration",
     [](const Look& look) { return number(look.health.pcie_generation_most); }, 5},
    {"mig_mode", "nvmlDeviceGetMigMode",
     [](const Look& look) { return number(look.health.mig_mode); }, 1},
    {"persistence_mode", "nvmlDeviceGetPersistenceMode",
     [](const Look& look) { return number(look.health.persistence_mode); }, 1},
    {"power_watts", "nvmlDeviceGetPowerUsage",
     [](const Look& look) { return number(look.sample.power_watts); }, 76.5},
    {"temperature_celsius", "nvmlDeviceGetTemperature",
     [](const Look& look) { return number(look.sample.temperature_celsius); }, 31},
    {"memory_temperature_celsius", "field.82",
     [](const Look& look) { return number(look.sample.memory_temperature_celsius); }, 40},
    {"sm_clock_mhz", "nvmlDeviceGetClockInfo",
     [](const Look& look) { return number(look.sample.sm_clock_mhz); }, 1980},
    {"memory_clock_mhz", "nvmlDeviceGetClockInfo",
     [](const Look& look) { return number(look.sample.memory_clock_mhz); }, 2619},
    {"memory_used_bytes", "nvmlDeviceGetMemoryInfo",
     [](const Look& look) { return number(look.sample.memory_used_bytes); }, 1000000000},
    {"utilization_percent", "nvmlDeviceGetUtilizationRates",
     [](const Look& look) { return number(look.sample.utilization_percent); }, 7},
    {"clock_event_reasons", "nvmlDeviceGetCurrentClocksEventReasons",
     [](const Look& look) { return number(look.sample.clock_event_reasons); }, 68},
    {"pcie_width", "nvmlDeviceGetCurrPcieLinkWidth",
     [](const Look& look) { return number(look.sample.pcie_width); }, 8},
    {"pcie_generation", "nvmlDeviceGetCurrPcieLinkGeneration",
     [](const Look& look) { return number(look.sample.pcie_generation); }, 1},
};

class HealthOfAGpu : public testing::Test {
 protected:
  HealthOfAGpu() { sick(state); }

  static StandInNvml& sick(StandInNvml& state) {
    state.uuids = {"GPU-1", "MIG-2", "GPU-3"};
    state.utilization = 7;
    state.memory_used = 1'000'000'000;
    state.recovery_action = 4;
    state.remapped = {7, 600, 1, 0};
    state.retired = {3, 60};
    state.retirement_pending = 1;
    state.double_bit_errors = 5;
    state.reasons = 0x44;
    state.width = 8;
    state.generation = 1;
    return state;
  }

  static Look look(const char* uuid = "GPU-1", const char* library = whole) {
    const Nvml nvml(library);
    NvmlGpu gpu(nvml, uuid);
    return {gpu.health(), gpu.sample()};
  }

  StandInNvml& state = fresh_stand_in_nvml(whole);
};

TEST_F(HealthOfAGpu, IsEachWhatTheLibraryTells) {
  for (const Fact& fact : facts) EXPECT_EQ(fact.of(look()), fact.truth) << fact.name;
  EXPECT_EQ(look().health.lost, std::nullopt);
  state.remapped = {0, 0, 0, 1};
  EXPECT_FALSE(look().health.remapped_rows->pending);
  EXPECT_TRUE(look().health.remapped_rows->failed);
  state.persistence = 0;
  state.retirement_pending = 0;
  state.retired = {0, 0};
  EXPECT_EQ(look().health.persistence_mode, false);
  EXPECT_EQ(look().health.retirement_pending, false);
  EXPECT_EQ(look().health.retired_pages, 0u);
  EXPECT_EQ(look("GPU-3").health.mig_mode, false);
}

TEST_F(HealthOfAGpu, IsUnknownWhereOneFunctionRefusesAndElseKnown) {
  for (const int result : {not_supported, no_permission})
    for (const Fact& refused : facts) {
      state.results = {{refused.symbol, result}};
      if (refused.symbol == "nvmlDeviceGetMemoryInfo")
        state.results["nvmlDeviceGetMemoryInfo_v2"] = result;
      for (const Fact& fact : facts)
        EXPECT_EQ(fact.of(look()).has_value(), fact.symbol != refused.symbol)
            << fact.name << " with " << refused.symbol;
    }
  state.results = {{"nvmlDeviceGetFieldValues", not_supported}};
  EXPECT_FALSE(look().health.recovery_action || look().sample.memory_temperature_celsius);
}

TEST_F(HealthOfAGpu, IsUnknownWhereTheLibraryLacksTheFunctionsOrDoesNotKnowTheGpu) {
  fresh_stand_in_nvml(bare).uuids = {"GPU-1"};
  for (const Fact& fact : facts) {
    EXPECT_FALSE(fact.of(look("GPU-1", bare))) << fact.name;
    EXPECT_FALSE(fact.of(look("GPU-9"))) << fact.name;
    EXPECT_FALSE(fact.of(look("GPU-1", "libno-such-nvml.so.1"))) << fact.name;
  }
}

TEST_F(HealthOfAGpu, IsThatOfTheWholeForAPart) {
  for (const Fact& fact : facts)
    if (fact.symbol == "nvmlDeviceGetUtilizationRates")
      EXPECT_EQ(fact.of(look("MIG-2")), std::nullopt) << "others may use the other parts";
    else
      EXPECT_EQ(fact.of(look("MIG-2")), fact.truth) << fact.name;
}

TEST_F(HealthOfAGpu, KnowsClockEventsByTheFunctionsOlderName) {
  sick(fresh_stand_in_nvml(old));
  EXPECT_EQ(look("GPU-1", old).sample.clock_event_reasons, 0x44u);
}

TEST_F(HealthOfAGpu, HasNoSensorAndNoLimitOfZeroDegrees) {
  state.memory_temperature = 0;
  state.memory_max_temperature = 0;
  state.slowdown_temperature = 0;
  state.temperature = 0;
  EXPECT_EQ(look().sample.memory_temperature_celsius, std::nullopt);
  EXPECT_EQ(look().health.memory_temperature_limit_celsius, std::nullopt);
  EXPECT_EQ(look().health.temperature_limit_celsius, std::nullopt);
  EXPECT_EQ(look().sample.temperature_celsius, 0u) << "every GPU has that one";
}

TEST_F(HealthOfAGpu, IsLostWhateverFunctionSaysSo) {
  std::vector<std::string> symbols{"nvmlDeviceGetHandleByUUID", "nvmlDeviceGetMemoryInfo_v2",
                                   "nvmlDeviceGetFieldValues"};
  for (const Fact& fact : facts)
    if (fact.symbol != "nvmlDeviceGetMemoryInfo") symbols.push_back(fact.symbol);
  for (const int lost : {off_the_bus, reset_required})
    for (const std::string& symbol : symbols) {
      state.results = {{symbol, lost}};
      const Nvml nvml(whole);
      NvmlGpu gpu(nvml, "GPU-1");
      gpu.sample();
      EXPECT_EQ(gpu.health().lost, lost) << symbol;
    }
}

TEST_F(HealthOfAGpu, HasXidsThatTheDriverReports) {
  state.xid = {13, 79};
  const Nvml nvml(whole);
  {
    NvmlGpu gpu(nvml, "MIG-2");
    EXPECT_THAT(gpu.new_xids(), IsEmpty()) << "nobody watches for them yet";
    EXPECT_TRUE(gpu.watch_xids());
    EXPECT_THAT(gpu.new_xids(), ElementsAre(13, 79));
    EXPECT_THAT(gpu.new_xids(), IsEmpty());
    EXPECT_EQ(state.event_sets, 1);
  }
  EXPECT_EQ(state.event_sets, 0);
}

TEST_F(HealthOfAGpu, HasNoXidsWhereTheDriverDoesNotReportThem) {
  const Nvml nvml(whole);
  for (const char* symbol : {"nvmlEventSetCreate", "nvmlDeviceRegisterEvents"}) {
    state.xid = {13};
    state.results = {{symbol, not_supported}};
    NvmlGpu gpu(nvml, "GPU-1");
    EXPECT_FALSE(gpu.watch_xids()) << symbol;
  }
  EXPECT_EQ(state.event_sets, 0);
  EXPECT_FALSE(NvmlGpu(nvml, "GPU-9").watch_xids());
  fresh_stand_in_nvml(bare);
  const Nvml without(bare);
  NvmlGpu gpu(without, "GPU-1");
  EXPECT_FALSE(gpu.watch_xids());
  EXPECT_THAT(gpu.new_xids(), IsEmpty());
}

}  // namespace
}  // namespace mnist
