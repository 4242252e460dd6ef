#include "machine/health_watch.hpp"

#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/stopwatch.hpp"
#include "machine/even_samples.hpp"
#include "machine/made_up_machine.hpp"
#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

const char* const whole = MNIST_STAND_IN_NVML_WHOLE;

void pause(int length) { std::this_thread::sleep_for(milliseconds(length)); }

std::vector<unsigned> numbers(const HealthRecord& record) {
  std::vector<unsigned> numbers;
  for (const Xid& xid : record.xids) numbers.push_back(xid.number);
  return numbers;
}

class WatchingAGpu : public MadeUpMachine {
 protected:
  // Nobody is left hanging.
  ~WatchingAGpu() override { release_stand_in_nvml(whole); }

  HealthWatch watch(const char* uuid = "GPU-1", const char* library = whole) {
    Gpu gpu;
    gpu.uuid = uuid;
    gpu.pci_bus_id = "0000:65:00.0";
    return HealthWatch(gpu, machine(), library);
  }
  void log(const std::string& line) {
    std::ofstream(root() / "dev/kmsg", std::ios::app) << "3,1,1,-;NVRM: Xid " << line << "\n";
  }

  StandInNvml& state = fresh_stand_in_nvml(whole);
};

TEST_F(WatchingAGpu, TellsHowItWasBeforeAndAfter) {
  state.double_bit_errors = 1;
  state.double_bit_errors_later = 3;
  const HealthWatch watch = this->watch();
  for (int time = 0; time < 2; ++time) {
    const HealthRecord record = watch.record();
    EXPECT_EQ(record.absence, "");
    EXPECT_EQ(record.before.double_bit_errors, 1u);
    EXPECT_EQ(record.after.double_bit_errors, 3u);
    EXPECT_EQ(record.after.lost, std::nullopt);
    EXPECT_FALSE(record.unanswered);
  }
}

TEST_F(WatchingAGpu, TakesTenSamplesASecondAndKnowsWhichWereUnderLoad) {
  HealthWatch watch = this->watch();
  pause(450);
  watch.set_under_load(true);
  pause(500);
  watch.set_under_load(false);
  pause(150);
  const HealthRecord record = watch.record();
  EXPECT_THAT(record.samples, SizeIs(AllOf(Ge(4), Le(12))));
  double least_apart = 1;
  for (std::size_t i = 1; i < record.samples.size(); ++i)
    least_apart = std::min(least_apart, record.samples[i].seconds - record.samples[i - 1].seconds);
  EXPECT_LT(least_apart, 0.15);
  EXPECT_THAT(record.load_seconds, AllOf(Ge(0.5), Le(2)));
  for (const HealthSample& sample : record.samples) {
    EXPECT_FALSE(sample.under_load && sample.seconds < 0.4);
    EXPECT_EQ(sample.sm_clock_mhz, 1980u);
  }
  EXPECT_THAT(std::ranges::count_if(record.samples, &HealthSample::under_load),
              AllOf(Ge(1), Le(6)));
  EXPECT_FALSE(record.samples.back().under_load);
}

TEST(SamplesOfARun, AreFewAndEven) {
  EvenSamples<int> samples;
  for (int tick = 0; tick < 10'000; ++tick) {
    if (samples.tick()) samples.add(tick);
    const std::vector<int>& all = samples.all();
    const int apart = all.size() > 1 ? all[1] : 1;
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], static_cast<int>(i) * apart);
    ASSERT_LE(all.size(), 512u);
    ASSERT_GE(all.back() + apart, tick) << "up to the end";
    ASSERT_TRUE(tick < 512 ? apart == 1 : all.size() > 255);
  }
}

TEST_F(WatchingAGpu, CountsLoadThatLasts) {
  HealthWatch watch = this->watch();
  EXPECT_EQ(watch.record().load_seconds, 0);
  watch.set_under_load(true);
  pause(50);
  watch.set_under_load(true);
  pause(50);
  EXPECT_GE(watch.record().load_seconds, 0.1);
  EXPECT_LE(watch.record().load_seconds, 1);
}

TEST_F(WatchingAGpu, StopsAtOnce) {
  const Stopwatch stopwatch;
  for (int time = 0; time < 20; ++time) {
    const HealthWatch watch = this->watch();
    pause(5);
  }
  EXPECT_LT(stopwatch.seconds(), 1.5) << "or it ends when the next sample is due";
  EXPECT_EQ(state.opened, 0);
  EXPECT_EQ(state.event_sets, 0);
}

TEST_F(WatchingAGpu, DoesNotWaitForeverForNvml) {
  state.hang = "nvmlDeviceGetClockInfo";
  state.hang_after = 6;
  state.results_later = {{"nvmlDeviceGetPowerUsage", 15}};
  Stopwatch stopwatch;
  {
    const HealthWatch watch = this->watch();
    EXPECT_EQ(watch.record().after.double_bit_errors, 0u);
    pause(600);
    stopwatch.restart();
    const HealthRecord record = watch.record();
    EXPECT_THAT(stopwatch.seconds(), AllOf(Ge(0.9), Le(3)));
    EXPECT_TRUE(record.unanswered);
    EXPECT_THAT(record.samples, SizeIs(3)) << "what was seen before";
    EXPECT_EQ(record.before.double_bit_errors, 0u);
    EXPECT_EQ(record.after.double_bit_errors, std::nullopt) << "nothing that is stale";
    EXPECT_EQ(record.after.lost, 15) << "it said so before";
    stopwatch.restart();
  }
  EXPECT_LT(stopwatch.seconds(), 3);
}

TEST_F(WatchingAGpu, DoesNotWaitForNvmlToEnd) {
  state.hang = "nvmlShutdown";
  const Stopwatch stopwatch;
  { const HealthWatch watch = this->watch(); }
  EXPECT_THAT(stopwatch.seconds(), AllOf(Ge(0.9), Le(3)));
}

TEST_F(WatchingAGpu, TellsOfEachXidOnceAndOfNoOtherGpus) {
  file("dev/kmsg", "3,1,1,-;NVRM: Xid (PCI:0000:65:00): 48, before the run\n");
  state.xid = {13, 79, 13};
  const HealthWatch watch = this->watch();
  EXPECT_THAT(numbers(watch.record()), ElementsAre(13, 79));
  EXPECT_EQ(watch.record().xids[1].text, "");
  EXPECT_EQ(watch.record().xids[1].pci_bus_id, "0000:65:00");
  log("(PCI:0000:65:00): 79, GPU has fallen off the bus.");
  log("(PCI:0000:65:00): 31, pid=1");
  log("(PCI:0000:65:00): 31, pid=2");
  log("(PCI:0000:66:00): 74, of another GPU");
  log("(): 45, of whatever GPU");
  const HealthRecord record = watch.record();
  EXPECT_THAT(numbers(record), ElementsAre(13, 79, 31, 45));
  EXPECT_EQ(record.xids[1].text, "GPU has fallen off the bus.");
  EXPECT_EQ(record.xids[2].text, "pid=1");
}

TEST_F(WatchingAGpu, KnowsWhetherItWouldLearnOfXids) {
  EXPECT_TRUE(watch().record().xids_watched);
  state.results = {{"nvmlDeviceRegisterEvents", 3}};
  EXPECT_FALSE(watch().record().xids_watched);
  file("dev/kmsg", "");
  EXPECT_TRUE(watch().record().xids_watched);
}

TEST_F(WatchingAGpu, WatchesTheKernelsLogAloneWithoutNvml) {
  file("dev/kmsg", "");
  const HealthWatch watch = this->watch("GPU-1", "libno-such-nvml.so.1");
  log("(PCI:0000:65:00): 79, GPU has fallen off the bus.");
  log("(PCI:0000:66:00): 48, of another GPU");
  const HealthRecord record = watch.record();
  EXPECT_THAT(record.absence, testing::HasSubstr("libno-such-nvml.so.1"));
  EXPECT_THAT(numbers(record), ElementsAre(79));
  EXPECT_TRUE(record.xids_watched);
}

TEST_F(WatchingAGpu, TellsWhyNvmlDoesNotTellOfIt) {
  for (const int status : {4, 17, 999}) {
    state.results = {{"nvmlDeviceGetHandleByUUID", status}};
    const HealthRecord record = watch().record();
    EXPECT_EQ(record.nvml_status, status);
    EXPECT_EQ(record.absence,
              "it does not tell of GPU-1: Another error (" + std::to_string(status) + ")");
  }
}

TEST_F(WatchingAGpu, KnowsThatItIsLostWhenOnlyASampleSaidSo) {
  state.results_later = {{"nvmlDeviceGetPowerUsage", 15}};
  const HealthWatch watch = this->watch();
  while (watch.record().samples.size() < 2) pause(10);
  EXPECT_EQ(watch.record().before.lost, std::nullopt);
  EXPECT_EQ(watch.record().after.lost, 15);
}

TEST_F(WatchingAGpu, LeavesSignalsToOthers) {
  const HealthWatch watch = this->watch();
  watch.record();  // the thread is at work: any thread begins with all signals blocked
  int others = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (thread.path().filename() == std::to_string(::getpid())) continue;
    std::ifstream status(thread.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("SigBlk:")) {
        EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1, 1u);
        EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) >> (SIGINT - 1) & 1, 1u);
        ++others;
      }
  }
  EXPECT_GE(others, 1);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_FALSE(sigismember(&mine, SIGTERM)) << "this thread is as it was";
}

}  // namespace
}  // namespace mnist
