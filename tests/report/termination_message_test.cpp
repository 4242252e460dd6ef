#include "report/termination_message.hpp"

#include <gmock/gmock.h>

#include "report/clean_line.hpp"
#include "report/sample_results.hpp"
#include "report/well_known_gpu.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(TerminationMessage, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(termination_message(full_result()),
            "verdict: failed\n"
            "code: 21\n"
            "reason: GPU health threshold: 1 row is pending\n"
            "remedy: reset the GPU\n"
            "gpu: GPU-4f8e2a51 (NVIDIA H200)\n"
            "driver: 580.65.06\n"
            "node: node-3\n");
}

TEST(TerminationMessage, LeavesOutWhatIsUnknown) {
  RunResult result;
  result.verdict = {ExitCode::passed, "passed", "with accuracy 0.9786 after 1000 steps", ""};
  EXPECT_EQ(termination_message(result),
            "verdict: passed\n"
            "code: 0\n"
            "reason: passed with accuracy 0.9786 after 1000 steps\n");
  result.verdict = {ExitCode::failed, "failed", "", ""};
  EXPECT_EQ(termination_message(result), "verdict: failed\ncode: 1\nreason: failed\n");
}

TEST(TerminationMessage, TakesTheDriverFromTheKernelWhereNoGpuWasReached) {
  RunResult result = full_result();
  result.devices.clear();
  result.evidence->gpu.reset();
  result.evidence->kernel_driver = "535.104.05";
  EXPECT_THAT(termination_message(result),
              AllOf(HasSubstr("\ndriver: 535.104.05\n"), Not(HasSubstr("gpu: "))));
}

TEST(TerminationMessage, NamesTheGpusThatFailedFirst) {
  RunResult result = two_gpu_result();
  result.gpu_runs[0].verdict.code = ExitCode::passed;
  result.gpu_runs[0].gpu.driver_version = "";
  EXPECT_THAT(termination_message(result), HasSubstr("gpu: GPU-b (NVIDIA H200): failed (20)\n"
                                                     "gpu: GPU-4f8e2a51 (NVIDIA H200): passed\n"
                                                     "driver: 580.65.06\n"));
}

// Each field as long as nobody would have it, of characters of one byte or of three.
TEST(TerminationMessage, FitsWhateverItIsGiven) {
  for (const std::string& unit : {std::string("x"), std::string("€"), hostile_text}) {
    std::string much;
    while (much.size() < 100'000) much += unit;
    RunResult result = full_result();
    result.verdict.code = ExitCode::interrupted;
    for (std::string* text :
         {&result.verdict.cause, &result.verdict.evidence, &result.verdict.remedy,
          &result.place.node, &result.devices[0].gpu->name, &result.devices[0].gpu->uuid,
          &result.devices[0].gpu->driver_version})
      *text = much;
    for (const std::size_t gpus : {0u, 3u, 64u}) {
      if (gpus > 0) result.devices.clear();
      if (gpus > 0) result.evidence.reset();
      result.gpu_runs.assign(gpus, {});
      for (GpuRun& run : result.gpu_runs) {
        run.gpu = well_known_gpu();
        run.gpu.name = run.gpu.driver_version = much;
        run.verdict.code = ExitCode::hardware_fault;
      }
      const std::string message = termination_message(result);
      EXPECT_LT(message.size(), most_termination_bytes);
      EXPECT_GT(message.size(), 2500u) << "there is room for more";
      EXPECT_THAT(message, StartsWith("verdict: failed\ncode: 130\nreason: "));
      for (const char* name : {"\nremedy: ", "\ngpu: ", "\ndriver: ", "\nnode: "})
        EXPECT_THAT(message, HasSubstr(name));
      std::string one_line = message;
      std::ranges::replace(one_line, '\n', ' ');
      EXPECT_EQ(clean_line(one_line), one_line) << "valid UTF-8";
    }
  }
}

TEST(TerminationMessage, LetsNoTextForgeALine) {
  RunResult result;
  result.verdict = {ExitCode::data_damaged, "data damaged", "a\ncode: 0", ""};
  EXPECT_THAT(termination_message(result), Not(HasSubstr("\ncode: 0")));
}

}  // namespace
}  // namespace mnist
