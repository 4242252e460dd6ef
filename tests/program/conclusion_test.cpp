#include "conclusion.hpp"

#include <gmock/gmock.h>

namespace mnist {
namespace {

using testing::HasSubstr;

RunResult ended_with(double accuracy, const char* dataset = "mnist") {
  RunResult result;
  result.final_accuracy = accuracy;
  result.dataset = {dataset, "b2d8", 60000, 10000};
  return result;
}

ExitCode judged(const Options& options, double accuracy, const char* dataset = "mnist") {
  return judge_accuracy(options, ended_with(accuracy, dataset)).code;
}

TEST(Accuracy, IsHeldToWhatWasAskedFor) {
  Options options;
  options.min_accuracy = 0.95;
  EXPECT_EQ(judged(options, 0.95), ExitCode::passed);
  EXPECT_EQ(judged(options, 0.9499), ExitCode::accuracy_too_low);
  EXPECT_THAT(judge_accuracy(options, ended_with(0.9)).found, HasSubstr("at least 0.95 was asked"));
}

TEST(Accuracy, IsHeldToWhatAnyWorkingDeviceReaches) {
  Options options;
  for (const char* dataset : {"mnist", "synthetic"}) {
    EXPECT_EQ(judged(options, 0.7, dataset), ExitCode::passed);
    EXPECT_EQ(judged(options, 0.0981, dataset), ExitCode::accuracy_too_low) << dataset;
  }
  options.min_accuracy = 0;
  EXPECT_EQ(judged(options, 0.0981), ExitCode::accuracy_too_low) << "asking for less hides nothing";
}

TEST(Accuracy, IsNotGuessedWhereSettingsOrDataAreUnusual) {
  EXPECT_EQ(judged({}, 0.1, "unknown"), ExitCode::passed);
  for (const auto& change :
       std::vector<void (*)(Options&)>{[](Options& options) { options.max_steps = 99; },
                                       [](Options& options) { options.learning_rate = 1e-5f; },
                                       [](Options& options) { options.batch_size = 1; },
                                       [](Options& options) { options.dropout = 0.01f; }}) {
    Options options;
    change(options);
    EXPECT_EQ(judged(options, 0.1), ExitCode::passed);
  }
}

Check check_of(Outcome outcome) {
  Check check;
  check.outcome = outcome;
  return check;
}

TEST(VerdictOfAPass, SaysWhatItIsWorth) {
  const auto line = [](const Options& options, const RunResult& result,
                       const std::optional<Gpu>& gpu = std::nullopt) {
    return one_line(verdict_of_pass(options, result, gpu));
  };
  RunResult result = ended_with(0.98);
  Options options;
  EXPECT_EQ(line(options, result), "passed on the CPU: no GPU was tested");
  options.device.kind = DeviceKind::cpu;
  EXPECT_EQ(line(options, result), "passed with accuracy 0.98 after 1000 steps");

  options.device.kind = DeviceKind::cuda;
  Gpu gpu;
  gpu.name = "NVIDIA H200";
  gpu.uuid = "GPU-4f8e";
  result.checks = {check_of(Outcome::passed), check_of(Outcome::passed),
                   check_of(Outcome::unknown)};
  EXPECT_EQ(line(options, result, gpu),
            "passed with accuracy 0.98 after 1000 steps; nothing wrong was found with NVIDIA H200 "
            "(GPU-4f8e), 2 passed, 1 could not be judged");
  result.checks.push_back(check_of(Outcome::warned));
  EXPECT_EQ(line(options, result, gpu),
            "passed with accuracy 0.98 after 1000 steps; of NVIDIA H200 (GPU-4f8e) 1 check warned, "
            "2 passed, 1 could not be judged");

  options.preflight = true;
  result.final_accuracy.reset();
  EXPECT_THAT(line(options, result, gpu),
              HasSubstr("passed the preflight, which trains nothing; "));
  options.device.kind = DeviceKind::all;
  result.gpu_runs.resize(8);
  result.checks.clear();
  EXPECT_EQ(line(options, result), "passed with 8 GPUs tried, each by itself");
  result.checks = {check_of(Outcome::passed), check_of(Outcome::warned)};
  result.checks[0].group = "numbers";
  result.checks[1].group = "device";
  EXPECT_EQ(line(options, result),
            "passed with 8 GPUs tried, each by itself, and those of a kind to the same bits; 1 "
            "check warned");
  options.list_devices = true;
  result.devices.resize(1);
  EXPECT_EQ(line(options, result), "passed with 1 GPU listed, none tested");
}

}  // namespace
}  // namespace mnist
