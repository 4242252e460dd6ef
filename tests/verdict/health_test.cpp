#include "verdict/health.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

namespace mnist {
namespace {

using testing::HasSubstr;

constexpr auto passed = Outcome::passed;
constexpr auto warned = Outcome::warned;
constexpr auto failed = Outcome::failed;
constexpr auto unknown = Outcome::unknown;

// A GPU in good health, watched for long enough: 10 idle samples, then 40 under load.
HealthRecord healthy() {
  HealthRecord record;
  record.before.recovery_action = 0;
  record.before.remapped_rows = RemappedRows{};
  record.before.retired_pages = 0;
  record.before.retirement_pending = false;
  record.before.double_bit_errors = 0;
  record.before.temperature_limit_celsius = 87;
  record.before.memory_temperature_limit_celsius = 95;
  record.before.pcie_width_most = 16;
  record.before.pcie_generation_most = 5;
  record.after = record.before;
  record.load_seconds = 4;
  record.xids_watched = true;
  HealthSample sample;
  sample.temperature_celsius = 40;
  sample.memory_temperature_celsius = 50;
  sample.clock_event_reasons = 1;
  sample.pcie_width = 16;
  sample.pcie_generation = 1;
  record.samples.assign(10, sample);
  sample.under_load = true;
  sample.temperature_celsius = 64;
  sample.memory_temperature_celsius = 72;
  sample.clock_event_reasons = 4;
  sample.pcie_generation = 5;
  record.samples.insert(record.samples.end(), 40, sample);
  return record;
}

struct Case {
  const char* check;
  std::function<void(HealthRecord&)> change;
  Outcome outcome;
  const char* found;
  const char* remedy;
};

void all_samples(HealthRecord& record, const std::function<void(HealthSample&)>& change) {
  std::ranges::for_each(record.samples, change);
}

// Without a change of what else is known.
const Case cases[] = {
    {"reachability", [](auto&) {}, passed, "NVML answered", ""},
    {"reachability", [](auto& r) { r.after.lost = 15; }, failed, "fallen off the bus (15)",
     "reboot"},
    {"reachability", [](auto& r) { r.after.lost = 16; }, failed, "must be reset (16)",
     "nvidia-smi --gpu-reset"},
    {"reachability", [](auto& r) { r.before.lost = 15; }, failed, "off the bus", "reboot"},

    {"recovery action", [](auto&) {}, passed, "none", ""},
    {"recovery action", [](auto& r) { r.after.recovery_action = 1; }, failed,
     "action 1 (reset the GPU), and did not before the run", "nvidia-smi --gpu-reset"},
    {"recovery action", [](auto& r) { r.before.recovery_action = r.after.recovery_action = 2; },
     failed, "action 2 (reboot the node)", "reboot it"},
    {"recovery action", [](auto& r) { r.after.recovery_action = 3; }, failed, "action 3 (drain",
     "reset"},
    {"recovery action", [](auto& r) { r.after.recovery_action = 4; }, failed,
     "action 4 (drain and reset it)", "reset"},
    {"recovery action", [](auto& r) { r.after.recovery_action = 9; }, failed, "action 9", "reset"},
    {"recovery action",
     [](auto& r) {
       r.before.recovery_action = 1;
       r.after.recovery_action.reset();
     },
     failed, "action 1 (reset the GPU)", "reset"},
    {"recovery action", [](auto& r) { r.after.recovery_action.reset(); }, unknown,
     "NVML does not tell", ""},

    {"row remapping", [](auto&) {}, passed, "0 rows after correctable errors, 0 after", ""},
    {"row remapping",
     [](auto& r) {
       r.after.remapped_rows = {7, 511, false, false};
     },
     passed,
     "7 rows after correctable errors, 511 after uncorrectable ones (limit 512), 0 before the run",
     ""},
    {"row remapping",
     [](auto& r) {
       r.after.remapped_rows = {900, 0, false, false};
     },
     passed, "900 rows after correctable errors, 0 after uncorrectable ones (limit 512)", ""},
    {"row remapping",
     [](auto& r) {
       r.after.remapped_rows = {0, 512, false, false};
     },
     failed, "512 after uncorrectable ones (limit 512)", "replaced"},
    {"row remapping",
     [](auto& r) {
       r.after.remapped_rows = {0, 1, true, false};
     },
     failed, "some pending", "nvidia-smi --gpu-reset"},
    {"row remapping",
     [](auto& r) {
       r.after.remapped_rows = {0, 1, true, true};
     },
     failed, "a remapping failed", "replaced"},
    {"row remapping",
     [](auto& r) {
       r.before.remapped_rows = {0, 600, false, false};
       r.after.remapped_rows.reset();
     },
     failed, "600 after", "replaced"},
    {"row remapping", [](auto& r) { r.after.remapped_rows.reset(); }, unknown, "does not tell", ""},

    {"retired pages", [](auto&) {}, passed, "0 (limit 63), none pending", ""},
    {"retired pages", [](auto& r) { r.after.retired_pages = 62; }, passed, "62 (limit 63)", ""},
    {"retired pages", [](auto& r) { r.after.retired_pages = 63; }, failed, "63 (limit 63)",
     "replaced"},
    {"retired pages", [](auto& r) { r.after.retirement_pending = true; }, failed, "some pending",
     "nvidia-smi --gpu-reset"},
    {"retired pages", [](auto& r) { r.after.retired_pages.reset(); }, unknown, "not tell", ""},
    {"retired pages", [](auto& r) { r.after.retirement_pending.reset(); }, unknown, "not tell", ""},
    {"retired pages",
     [](auto& r) {
       r.after.retirement_pending.reset();
       r.after.retired_pages = 64;
     },
     failed, "64 (limit 63)", "replaced"},

    {"double-bit errors", [](auto&) {}, passed, "none since the driver was loaded", ""},
    {"double-bit errors", [](auto& r) { r.after.double_bit_errors = 2; }, failed,
     "2 during the run, 0 before", "nvidia-smi --gpu-reset"},
    {"double-bit errors",
     [](auto& r) {
       r.before.double_bit_errors = 3;
       r.after.double_bit_errors = 4;
     },
     failed, "1 during the run, 3 before", "reset"},
    {"double-bit errors",
     [](auto& r) { r.before.double_bit_errors = r.after.double_bit_errors = 3; }, warned,
     "3 since the driver was loaded, none during the run", "reset"},
    {"double-bit errors",
     [](auto& r) {
       r.before.double_bit_errors = 3;
       r.after.double_bit_errors.reset();
     },
     warned, "3 since the driver was loaded, when is unknown", "reset"},
    {"double-bit errors",
     [](auto& r) {
       r.before.double_bit_errors.reset();
       r.after.double_bit_errors = 3;
     },
     warned, "when is unknown", "reset"},
    {"double-bit errors", [](auto& r) { r.before.double_bit_errors.reset(); }, passed, "none", ""},
    {"double-bit errors", [](auto& r) { r.after.double_bit_errors.reset(); }, unknown, "not tell",
     ""},

    {"Xid", [](auto&) {}, passed, "none during the run", ""},
    {"Xid",
     [](auto& r) {
       r.xids = {{13, "", ""}, {79, "0000:65:00", "GPU has fallen."}};
     },
     failed, "79 (GPU has fallen): of the hardware, 13: usually an application's", "reboot"},
    {"Xid",
     [](auto& r) {
       r.xids = {{31, "", "pid=7"}, {43, "", ""}};
     },
     warned, "31 (pid=7), 43: usually an application's", "dmesg | grep Xid"},
    {"Xid",
     [](auto& r) {
       r.xids = {{13, "", ""}, {63, "", ""}};
     },
     warned, "63, 13: usually an application's", "NVIDIA's list of Xids"},
    {"Xid", [](auto& r) { r.xids_watched = false; }, unknown, "neither NVML nor", ""},
    {"Xid",
     [](auto& r) {
       r.xids_watched = false;
       r.xids = {{48, "", ""}};
     },
     failed, "48", "reboot"},

    {"clock slowdowns", [](auto&) {}, passed, "none in 40 samples under load", ""},
    {"clock slowdowns", [](auto& r) { r.samples[0].clock_event_reasons = 0xe8; }, passed,
     "none in 40 samples under load", ""},
    {"clock slowdowns", [](auto& r) { r.samples[12].clock_event_reasons = 0x8; }, warned,
     "hardware slowdown (0x8) in 1 of 40 samples under load", "cooling and power capping"},
    {"clock slowdowns", [](auto& r) { r.samples[12].clock_event_reasons = 0x20; }, warned,
     "software thermal slowdown (0x20) in 1 of 40", "cooling"},
    {"clock slowdowns",
     [](auto& r) {
       r.samples[12].clock_event_reasons = 0x48;
       r.samples[49].clock_event_reasons = 0x40;
     },
     warned, "hardware slowdown (0x8) in 1, hardware thermal slowdown (0x40) in 2 of 40",
     "cooling"},
    {"clock slowdowns", [](auto& r) { r.samples[12].clock_event_reasons = 0x80; }, warned,
     "power brake (0x80) in 1 of 40", "power capping"},
    {"clock slowdowns",
     [](auto& r) { all_samples(r, [](auto& s) { s.clock_event_reasons = 0x117; }); }, passed,
     "none in 40", ""},
    {"clock slowdowns",
     [](auto& r) {
       all_samples(r, [](auto& s) {
         if (s.under_load) s.clock_event_reasons.reset();
       });
     },
     unknown, "NVML told nothing while the GPU was used", ""},

    {"temperature", [](auto&) {}, passed, "64 C at most, limit 87 C", ""},
    {"temperature", [](auto& r) { r.samples[20].temperature_celsius = 87; }, passed, "87 C at", ""},
    {"temperature", [](auto& r) { r.samples[20].temperature_celsius = 88; }, warned,
     "88 C at most, limit 87 C", "cooling"},
    {"temperature", [](auto& r) { r.samples[0].temperature_celsius = 88; }, warned, "88 C at most",
     "cooling"},
    {"temperature",
     [](auto& r) {
       r.before.temperature_limit_celsius.reset();
       r.after.temperature_limit_celsius.reset();
     },
     unknown, "64 C at most, and NVML does not tell the limit", ""},
    {"memory temperature", [](auto&) {}, passed, "72 C at most, limit 95 C", ""},
    {"memory temperature", [](auto& r) { r.samples[20].memory_temperature_celsius = 96; }, warned,
     "96 C at most, limit 95 C", "cooling"},
    {"memory temperature",
     [](auto& r) {
       r.before.memory_temperature_limit_celsius.reset();
       r.after.memory_temperature_limit_celsius.reset();
     },
     unknown, "does not tell the limit", ""},

    {"PCIe width", [](auto&) {}, passed, "16 of 16 lanes", ""},
    {"PCIe width", [](auto& r) { r.samples[30].pcie_width = 8; }, warned, "8 of 16 lanes", "slot"},
    {"PCIe width",
     [](auto& r) { r.before.pcie_width_most = r.after.pcie_width_most = std::nullopt; }, unknown,
     "does not tell", ""},
    {"PCIe generation", [](auto&) {}, passed, "5 under load, of 5", ""},
    {"PCIe generation", [](auto& r) { r.samples[12].pcie_generation = 1; }, passed, "5 under", ""},
    {"PCIe generation",
     [](auto& r) { all_samples(r, [](auto& s) { s.pcie_generation = s.under_load ? 3 : 5; }); },
     warned, "3 under load, of 5", "link speed"},
    {"PCIe generation",
     [](auto& r) { r.before.pcie_generation_most = r.after.pcie_generation_most = std::nullopt; },
     unknown, "does not tell", ""},
};

Check find(const std::vector<Check>& checks, const std::string& name) {
  const auto found = std::ranges::find(checks, name, &Check::name);
  EXPECT_NE(found, checks.end()) << name;
  return found == checks.end() ? Check{} : *found;
}

ExitCode code_of(Outcome outcome) {
  return outcome == failed   ? ExitCode::hardware_fault
         : outcome == warned ? ExitCode::health_threshold
                             : ExitCode::passed;
}

TEST(Health, IsJudgedByEachFactForItself) {
  for (const Case& row : cases) {
    HealthRecord record = healthy();
    row.change(record);
    const std::vector<Check> checks = judge_health(record);
    const Check check = find(checks, row.check);
    SCOPED_TRACE(check.name + ": " + check.found + "; " + check.remedy);
    EXPECT_EQ(check.outcome, row.outcome) << name_of(check.outcome);
    EXPECT_EQ(check.code, code_of(row.outcome));
    EXPECT_THAT(check.found, HasSubstr(row.found));
    EXPECT_THAT(check.remedy, HasSubstr(row.remedy));
    EXPECT_EQ(check.remedy.empty(), row.outcome == passed || *row.remedy == '\0');
    for (const Check& other : checks) {
      EXPECT_EQ(other.group, "health");
      EXPECT_TRUE(other.name == check.name || other.outcome == passed) << other.name;
    }
  }
}

TEST(Health, NeedsLoadForWhatOnlyLoadShows) {
  HealthRecord record = healthy();
  record.load_seconds = 1.94;
  const std::vector<std::string> under_load{"clock slowdowns", "temperature", "memory temperature",
                                            "PCIe generation"};
  for (const Check& check : judge_health(record)) {
    const bool needs_load = std::ranges::count(under_load, check.name) > 0;
    EXPECT_EQ(check.outcome, needs_load ? unknown : passed) << check.name;
    if (!needs_load) continue;
    EXPECT_THAT(check.found, HasSubstr("the GPU was used for 1.9 s, and it takes 2.0 s to tell"));
    EXPECT_THAT(check.remedy, HasSubstr("--soak 10"));
  }
  for (HealthSample& sample : record.samples) {
    if (sample.under_load) sample.clock_event_reasons = 0x40;
    sample.temperature_celsius = 99;
    sample.memory_temperature_celsius = 99;
    sample.pcie_generation = 1;
  }
  const std::vector<Check> checks = judge_health(record);
  EXPECT_EQ(find(checks, "clock slowdowns").outcome, warned) << "was really seen";
  EXPECT_EQ(find(checks, "temperature").outcome, warned);
  EXPECT_EQ(find(checks, "memory temperature").outcome, warned);
  EXPECT_EQ(find(checks, "PCIe generation").outcome, unknown) << "it may not have woken up yet";
  record = healthy();
  record.load_seconds = least_load_seconds;
  for (const Check& check : judge_health(record)) EXPECT_EQ(check.outcome, passed) << check.name;
}

TEST(Health, IsUnknownWhereNothingIsKnown) {
  HealthRecord record;
  record.load_seconds = 4;
  for (const Check& check : judge_health(record)) EXPECT_EQ(check.outcome, unknown) << check.name;
  HealthSample sample;
  sample.under_load = true;
  record.samples.assign(40, sample);
  for (const Check& check : judge_health(record)) {
    EXPECT_EQ(check.outcome, unknown) << check.name;
    EXPECT_TRUE(check.name == "reachability" || check.name == "Xid" ||
                check.found == "NVML does not tell")
        << check.name << ": " << check.found;
  }
  record.before = record.after = healthy().before;
  for (const char* name :
       {"clock slowdowns", "temperature", "memory temperature", "PCIe width", "PCIe generation"})
    EXPECT_EQ(find(judge_health(record), name).found, "NVML does not tell") << name;
  record.before = record.after = {};
  record.absence = "libnvidia-ml.so.1: cannot open";
  for (const Check& check : judge_health(record)) {
    EXPECT_EQ(check.outcome, unknown) << check.name;
    EXPECT_EQ(check.code, ExitCode::passed);
  }
  const Check reachability = find(judge_health(record), "reachability");
  EXPECT_EQ(reachability.found, "NVML cannot be asked: libnvidia-ml.so.1: cannot open");
  EXPECT_THAT(reachability.remedy, HasSubstr("NVIDIA_DRIVER_CAPABILITIES"));
  EXPECT_EQ(find(judge_health(record), "row remapping").found, "NVML cannot be asked");
  for (const int lost : {17, 999}) {
    record.nvml_status = lost;
    EXPECT_THAT(find(judge_health(record), "reachability").remedy, HasSubstr("daemon-reload"));
  }
  record.xids_watched = true;
  EXPECT_EQ(find(judge_health(record), "Xid").outcome, passed) << "the kernel's log was read";
}

// What was good before proves nothing, and what was bad is told.
TEST(Health, IsNotPassedByAnNvmlThatHangs) {
  HealthRecord record = healthy();
  record.after = {};
  record.unanswered = true;
  for (const char* name :
       {"recovery action", "row remapping", "retired pages", "double-bit errors", "Xid"}) {
    EXPECT_EQ(find(judge_health(record), name).outcome, unknown) << name;
    EXPECT_EQ(find(judge_health(record), name).found, "NVML did not come back") << name;
  }
  const Check reachability = find(judge_health(record), "reachability");
  EXPECT_EQ(reachability.outcome, warned);
  EXPECT_EQ(reachability.code, ExitCode::health_threshold);
  EXPECT_THAT(reachability.found, HasSubstr("did not come back"));
  EXPECT_THAT(reachability.remedy, HasSubstr("nvidia-smi"));
  record.after.lost = 15;
  EXPECT_EQ(find(judge_health(record), "reachability").outcome, failed);
  record.before.retired_pages = 64;
  EXPECT_EQ(find(judge_health(record), "retired pages").outcome, failed);
}

TEST(Health, IsNotPassedByAnNvmlThatFallsSilent) {
  HealthRecord record = healthy();
  record.after = {};
  const Check reachability = find(judge_health(record), "reachability");
  EXPECT_EQ(reachability.outcome, warned);
  EXPECT_THAT(reachability.remedy, HasSubstr("CDI"));
  EXPECT_EQ(find(judge_health(record), "Xid").outcome, unknown);
}

TEST(Health, SaysOfARecommendationWhetherItIsNew) {
  HealthRecord record = healthy();
  record.after.recovery_action = 1;
  for (const std::optional<unsigned> before : {std::optional<unsigned>(), std::optional(1u)}) {
    record.before.recovery_action = before;
    EXPECT_EQ(find(judge_health(record), "recovery action").found,
              "NVML recommends action 1 (reset the GPU)");
  }
}

TEST(Health, TellsInTheSameOrderAlways) {
  std::vector<std::string> names;
  for (const Check& check : judge_health({})) names.push_back(check.name);
  EXPECT_THAT(names, testing::ElementsAre("reachability", "recovery action", "row remapping",
                                          "retired pages", "double-bit errors", "Xid",
                                          "clock slowdowns", "temperature", "memory temperature",
                                          "PCIe width", "PCIe generation"));
}

TEST(Health, ShortensALongLineOfTheLog) {
  HealthRecord record = healthy();
  record.xids = {{79, "", std::string(5000, 'x')}};
  EXPECT_LT(find(judge_health(record), "Xid").found.size(), 200u);
}

struct UseCase {
  const char* name;
  std::function<void(Gpu&)> change;
  Outcome outcome;
  const char* found;
};

const UseCase use_cases[] = {
    {"nobody", [](Gpu&) {}, passed, "0 processes, 4 MiB in use, 0 % busy"},
    {"a process", [](Gpu& gpu) { gpu.readings.processes = 1; }, warned,
     "1 process, 4 MiB in use, 0 % busy before the run"},
    {"memory", [](Gpu& gpu) { gpu.readings.memory_used_bytes = (129 << 20); }, warned,
     "0 processes, 129 MiB in use"},
    {"little memory", [](Gpu& gpu) { gpu.readings.memory_used_bytes = (128 << 20); }, passed,
     "128 MiB"},
    {"work", [](Gpu& gpu) { gpu.readings.utilization_percent = 11; }, warned, "11 % busy"},
    {"little work", [](Gpu& gpu) { gpu.readings.utilization_percent = 10; }, passed, "10 % busy"},
    {"memory alone known",
     [](Gpu& gpu) {
       gpu.readings = {};
       gpu.readings.memory_used_bytes = std::uint64_t{9} << 30;
     },
     warned, "9216 MiB in use before the run"},
    {"a part, which has no utilization",
     [](Gpu& gpu) {
       gpu.mig = true;
       gpu.uuid = "MIG-1";
       gpu.readings.utilization_percent.reset();
     },
     passed, "0 processes, 4 MiB in use"},
    {"a part by the UUID of the whole", [](Gpu& gpu) { gpu.mig = true; }, unknown, "whole GPU"},
    {"processes unknown", [](Gpu& gpu) { gpu.readings.processes.reset(); }, unknown,
     "4 MiB in use, 0 % busy, and NVML does not tell all"},
    {"memory unknown", [](Gpu& gpu) { gpu.readings.memory_used_bytes.reset(); }, unknown,
     "0 processes, 0 % busy, and NVML"},
    {"nothing known", [](Gpu& gpu) { gpu.readings = {}; }, unknown, "NVML does not tell"},
    {"no NVML", [](Gpu& gpu) { gpu.readings_absent = "no library"; }, unknown,
     "NVML cannot be asked"},
};

TEST(OtherUsers, AreAWarningWithFigures) {
  for (const UseCase& row : use_cases) {
    Gpu gpu;
    gpu.uuid = "GPU-1";
    gpu.readings.processes = 0;
    gpu.readings.memory_used_bytes = 4 << 20;
    gpu.readings.utilization_percent = 0;
    row.change(gpu);
    const Check check = judge_other_users(gpu);
    SCOPED_TRACE(std::string(row.name) + ": " + check.found);
    EXPECT_EQ(check.group, "device");
    EXPECT_EQ(check.outcome, row.outcome) << name_of(check.outcome);
    EXPECT_EQ(check.code, row.outcome == warned ? ExitCode::busy : ExitCode::passed);
    EXPECT_THAT(check.found, HasSubstr(row.found));
    EXPECT_EQ(check.remedy.empty(), row.outcome != warned);
  }
}

}  // namespace
}  // namespace mnist
