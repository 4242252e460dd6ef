#include "every_gpu/compare_gpus.hpp"

#include <gmock/gmock.h>

#include "report/json.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// "H:a H:a T:b": GPUs, each by the first letter of its name, and what it came to; "H:-" came to
// none.
std::vector<GpuRun> runs_of(const std::string& words) {
  std::vector<GpuRun> runs;
  for (std::size_t at = 0; at < words.size(); at += 4) {
    GpuRun& run = runs.emplace_back();
    run.gpu.index = static_cast<int>(runs.size()) - 1;
    run.gpu.name = words.substr(at, 1);
    run.gpu.uuid = "GPU-" + std::to_string(run.gpu.index);
    run.verdict = {ExitCode::passed, "passed", "", ""};
    if (words[at + 2] == '-')
      run.verdict = {ExitCode::failed, "failed", "", ""};
    else
      run.parameters_sha256 = words.substr(at + 2, 1);
  }
  return runs;
}

std::vector<Check> numbers(const std::vector<GpuRun>& runs) {
  std::vector<Check> checks = compare_gpus(runs);
  std::erase_if(checks, [](const Check& check) { return check.group != "numbers"; });
  return checks;
}

struct Case {
  const char* runs;
  Outcome outcome;
  const char* found;
};

const Case cases[] = {
    {"H:a H:a", Outcome::passed, "2 GPUs came to the parameters a"},
    {"H:a H:a H:- H:a", Outcome::passed, "3 GPUs came to the parameters a"},
    {"H:a", Outcome::unknown, "nothing was compared: 1 of 1 GPU of this kind came to parameters"},
    {"H:a H:-", Outcome::unknown,
     "nothing was compared: 1 of 2 GPUs of this kind came to parameters"},
    {"H:- H:-", Outcome::unknown,
     "nothing was compared: 0 of 2 GPUs of this kind came to parameters"},
    {"H:a H:b", Outcome::failed,
     "cuda:0 (H, GPU-0) came to the parameters a; cuda:1 (H, GPU-1) came to the parameters b"},
    {"H:b H:b H:a H:b", Outcome::failed,
     "cuda:2 (H, GPU-2) came to the parameters a; the other 3 came to b"},
    {"H:a H:b H:b", Outcome::failed,
     "cuda:0 (H, GPU-0) came to the parameters a; the other 2 came to b"},
    {"H:b H:b H:b H:a H:c", Outcome::failed,
     "cuda:3 (H, GPU-3) came to the parameters a; cuda:4 (H, GPU-4) came to the parameters c; the "
     "other 3 came to b"},
    {"H:a H:b H:a H:b", Outcome::failed,
     "cuda:0 (H, GPU-0), cuda:2 (H, GPU-2) came to the parameters a; cuda:1 (H, GPU-1), cuda:3 (H, "
     "GPU-3) came to the parameters b"},
    {"H:a H:a H:b H:c", Outcome::failed,
     "cuda:0 (H, GPU-0), cuda:1 (H, GPU-1) came to the parameters a; cuda:2 (H, GPU-2) came to the "
     "parameters b; cuda:3 (H, GPU-3) came to the parameters c"},
};

TEST(ComparedGpus, NameTheOddOneOut) {
  for (const Case& row : cases) {
    const std::vector<Check> checks = numbers(runs_of(row.runs));
    ASSERT_EQ(checks.size(), 1u) << row.runs;
    EXPECT_EQ(checks[0].name, "same on every GPU");
    EXPECT_EQ(checks[0].outcome, row.outcome) << row.runs;
    EXPECT_EQ(checks[0].found, row.found);
    const bool failed = row.outcome == Outcome::failed;
    EXPECT_EQ(checks[0].code, failed ? ExitCode::not_reproducible : ExitCode::passed);
    EXPECT_EQ(checks[0].remedy.empty(), !failed);
  }
}

TEST(ComparedGpus, AreToldApartByAllOfAHashAndShownByItsBeginning) {
  std::vector<GpuRun> runs = runs_of("H:a H:a H:a");
  for (GpuRun& run : runs) run.parameters_sha256 = std::string(63, 'a') + "b";
  EXPECT_EQ(numbers(runs)[0].found, "3 GPUs came to the parameters aaaaaaaaaaaa");
  runs[1].parameters_sha256 = std::string(63, 'a') + "c";
  EXPECT_EQ(numbers(runs)[0].found,
            "cuda:1 (H, GPU-1) came to the parameters aaaaaaaaaaaa; the other 2 came to "
            "aaaaaaaaaaaa");
}

TEST(ComparedGpus, AreOfOneKind) {
  const std::vector<Check> checks = numbers(runs_of("H:a T:b H:a T:c U:d"));
  ASSERT_EQ(checks.size(), 3u);
  EXPECT_EQ(checks[0].name, "same on every H");
  EXPECT_EQ(checks[0].outcome, Outcome::passed);
  EXPECT_EQ(checks[1].name, "same on every T");
  EXPECT_EQ(checks[1].outcome, Outcome::failed);
  EXPECT_THAT(checks[1].found, AllOf(HasSubstr("cuda:1 (T, GPU-1)"), HasSubstr("cuda:3 (T, GPU-3)"),
                                     Not(HasSubstr("cuda:0"))));
  EXPECT_EQ(checks[2].name, "same on every U");
  EXPECT_EQ(checks[2].outcome, Outcome::unknown);

  std::vector<GpuRun> runs = runs_of("H:a H:b");
  runs[0].gpu.driver_version = "550";
  for (const Check& check : numbers(runs)) EXPECT_EQ(check.outcome, Outcome::unknown);
  EXPECT_TRUE(compare_gpus({}).empty());
  for (GpuRun& run : runs) run.parameters_sha256.reset();
  EXPECT_TRUE(numbers(runs).empty()) << "none was to train";
}

TEST(ComparedGpus, HaveEachACheckWithTheVerdictOfItsRun) {
  std::vector<GpuRun> runs = runs_of("H:a H:a H:- H:-");
  runs[0].verdict.evidence = "with accuracy 0.5";
  runs[1].verdict = {ExitCode::health_threshold, "GPU health threshold", "it is hot", "cool it"};
  runs[2].verdict = {ExitCode::no_gpu, "no GPU in this machine", "no device", "another machine"};
  runs[3].verdict = {ExitCode::failed, "failed", "it crashed", "look"};
  const std::vector<Check> checks = compare_gpus(runs);
  ASSERT_EQ(checks.size(), 5u);
  const Check expected[] = {
      {"device", "cuda:0", Outcome::passed, ExitCode::passed, "H, GPU-0: passed with accuracy 0.5",
       "", 0},
      {"device", "cuda:1", Outcome::failed, ExitCode::health_threshold, "H, GPU-1: it is hot",
       "cool it", 0},
      {"device", "cuda:2", Outcome::failed, ExitCode::no_gpu,
       "H, GPU-2: no GPU in this machine: no device", "another machine", 0},
      {"device", "cuda:3", Outcome::failed, ExitCode::failed, "H, GPU-3: it crashed", "look", 0},
  };
  for (std::size_t number = 0; number < std::size(expected); ++number) {
    const Check& check = checks[number];
    EXPECT_EQ(check.group, "device");
    EXPECT_EQ(check.name, expected[number].name);
    EXPECT_EQ(check.outcome, expected[number].outcome);
    EXPECT_EQ(check.code, expected[number].code);
    EXPECT_EQ(check.found, expected[number].found);
    EXPECT_EQ(check.remedy, expected[number].remedy);
  }
  EXPECT_EQ(checks[4].outcome, Outcome::passed) << "the GPU that is hot computes right";
}

TEST(ComparedGpus, AreNotJudgedByAnEndThatAllWereToldToCome) {
  std::vector<GpuRun> runs = runs_of("H:- H:- H:a");
  runs[0].verdict = {ExitCode::terminated, "ended by SIGTERM", "SIGTERM came", "run it again"};
  runs[1].verdict = {ExitCode::hardware_fault, "GPU hardware fault", "it is broken", "replace it"};
  const auto outcomes = [&](ExitCode ended) {
    std::vector<Outcome> found;
    for (const Check& check : compare_gpus(runs, ended)) found.push_back(check.outcome);
    return found;
  };
  using enum Outcome;
  EXPECT_THAT(outcomes(ExitCode::deadline_passed), ElementsAre(unknown, failed, passed, unknown));
  EXPECT_THAT(outcomes(ExitCode::passed), ElementsAre(failed, failed, passed, unknown))
      << "somebody ended that process alone";

  runs[0].verdict.cause = "a GPU that hangs";
  const Check hung = compare_gpus(runs, ExitCode::deadline_passed)[0];
  EXPECT_EQ(hung.outcome, failed);
  EXPECT_EQ(hung.code, ExitCode::deadline_passed) << "why the whole run ended";
  EXPECT_EQ(hung.found, "H, GPU-0: a GPU that hangs: SIGTERM came");
  EXPECT_EQ(hung.remedy, "run it again");
}

TEST(ComparedGpus, WarnWhereARunDid) {
  std::vector<GpuRun> runs = runs_of("H:a H:a");
  RunResult result;
  result.checks = {{"health", "PCIe width", Outcome::warned, ExitCode::health_threshold,
                    "8 of 16 lanes", "look at its slot", 0},
                   {"numbers", "products", Outcome::passed, ExitCode::passed, "agree", "", 0}};
  runs[0].json = to_json(result);
  result.checks.push_back(result.checks[0]);
  runs[1].json = to_json(result);
  const std::vector<Check> checks = compare_gpus(runs);
  for (const std::size_t gpu : {0u, 1u}) {
    EXPECT_EQ(checks[gpu].outcome, Outcome::warned);
    EXPECT_EQ(checks[gpu].code, ExitCode::health_threshold);
    EXPECT_EQ(checks[gpu].remedy, "look at its slot");
  }
  EXPECT_EQ(checks[0].found, "H, GPU-0: PCIe width: 8 of 16 lanes");
  EXPECT_EQ(checks[1].found, "H, GPU-1: PCIe width: 8 of 16 lanes, and 1 more");
}

}  // namespace
}  // namespace mnist
