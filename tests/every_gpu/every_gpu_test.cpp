// Each GPU in a process of its own: a script stands in for the program, and GPUs' UUIDs say how it
// is to behave.
#include "every_gpu/every_gpu.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/stopwatch.hpp"
#include "dataset/sample_set.hpp"
#include "report/json.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using std::chrono::milliseconds;

struct ToldToEnd : std::runtime_error {
  ToldToEnd() : std::runtime_error("told to end") {}
};

class EveryGpu : public testing::Test {
 protected:
  EveryGpu() {
    settings.program = MNIST_STAND_IN_CHILD;
    settings.arguments = {folder_.path().string()};
    RunResult result;
    result.verdict.cause = "CAUSE";
    result.final_accuracy = 0.5;
    result.parameters_sha256 = "HASH";
    result.devices.emplace_back();
    result.devices[0].name = "GPU of UUID";
    ::setenv("STAND_IN_RESULT", to_json(result).c_str(), 1);
    hooks.line = [this](const std::string& line) { lines.push_back(line); };
    hooks.ended = [this](const GpuRun& run) { ended.push_back(run); };
  }

  void TearDown() override {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left";
  }

  std::vector<GpuRun> run(const std::vector<std::string>& behaviours) {
    std::vector<Gpu> gpus;
    for (const std::string& behaviour : behaviours) {
      Gpu& gpu = gpus.emplace_back();
      gpu.index = static_cast<int>(gpus.size()) - 1;
      gpu.name = "made up";
      gpu.uuid = "GPU-" + behaviour;
    }
    return run_on_each(gpus, settings, hooks);
  }

  // Told to end as soon as each process has said something.
  void tell_to_end_after_lines(std::size_t count) {
    hooks.between = [this, count] {
      if (lines.size() >= count) throw ToldToEnd();
    };
  }

  std::filesystem::path in_folder(const char* name) const { return folder_.path() / name; }

  EveryGpuSettings settings;
  EveryGpuHooks hooks;
  std::vector<std::string> lines;
  std::vector<GpuRun> ended;

 private:
  TemporaryFolder folder_;
};

TEST_F(EveryGpu, HasARunOfItsOwn) {
  const std::vector<GpuRun> runs = run({"passes-1", "fails", "passes-2"});
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].gpu.index, 0);
  EXPECT_EQ(runs[0].gpu.uuid, "GPU-passes-1");
  EXPECT_EQ(runs[0].gpu.name, "GPU of GPU-passes-1") << "as its process knows it";
  EXPECT_EQ(runs[0].verdict.code, ExitCode::passed);
  EXPECT_EQ(runs[0].final_accuracy, 0.5);
  EXPECT_EQ(runs[0].parameters_sha256, "1");
  EXPECT_THAT(runs[0].json, HasSubstr("\"final_accuracy\""));
  EXPECT_EQ(runs[1].verdict.code, ExitCode::hardware_fault);
  EXPECT_EQ(runs[2].parameters_sha256, "2");
  EXPECT_EQ(ended.size(), 3u);
  EXPECT_THAT(lines,
              UnorderedElementsAre("cuda:0: warning: first", "cuda:0: last, without an end",
                                   "cuda:1: failed (20): GPU hardware fault",
                                   "cuda:2: warning: first", "cuda:2: last, without an end"));
  EXPECT_THAT(run({}), IsEmpty());
}

// Where our standard input, environment, blocked and ignored signals are not what it is to have.
TEST_F(EveryGpu, IsTriedByAProcessThatStartsAfresh) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  ::close(pipe[1]);
  const int input = ::dup(STDIN_FILENO);
  ::dup2(pipe[0], STDIN_FILENO);
  ::close(pipe[0]);
  ::setenv("KEPT", "as it was", 1);
  ::setenv("CUDA_VISIBLE_DEVICES", "0,1", 1);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  run({"tells"});
  std::signal(SIGPIPE, before);
  ::dup2(input, STDIN_FILENO);
  ::close(input);
  sigset_t now;
  ::pthread_sigmask(SIG_UNBLOCK, &blocked, &now);
  EXPECT_TRUE(sigismember(&now, SIGTERM)) << "ours stay blocked";
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(lines,
              ElementsAre("cuda:0: arguments --device=cuda --json=- --quiet", "cuda:0: 1",
                          "cuda:0: SigBlk:\t0000000000000000", "cuda:0: SigIgn:\t0000000000000000",
                          "cuda:0: input 0", "cuda:0: kept as it was"));
}

TEST_F(EveryGpu, IsTriedWhileTheOthersAre) {
  for (const GpuRun& one : run({"meets-1", "meets-2"}))
    EXPECT_EQ(one.verdict.code, ExitCode::passed) << one.verdict.cause;
}

TEST_F(EveryGpu, EndsWhenItsProcessDoes) {
  run({"closes-its-streams", "passes-1"});
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].gpu.uuid, "GPU-passes-1") << "the quicker one first";
  EXPECT_EQ(ended[1].verdict.code, ExitCode::passed);
}

struct BadEnd {
  const char* behaviour;
  ExitCode code;
  const char* evidence;
};

const BadEnd bad_ends[] = {
    {"crashes", ExitCode::failed, "its process was ended by signal 11 (Segmentation fault)"},
    {"speaks-and-crashes", ExitCode::failed,
     "its process was ended by signal 11 (Segmentation fault)"},
    {"is-killed", ExitCode::failed, "its process was ended by signal 9 (Killed)"},
    {"writes-nothing", ExitCode::out_of_device_memory,
     "its process ended with 17 and no result that can be read"},
    {"behaves-as-nothing-known", ExitCode::failed,
     "its process ended with 0 and no result that can be read"},
};

TEST_F(EveryGpu, FailsAloneWhereItsProcessEndsBadly) {
  std::vector<std::string> behaviours{"passes-1"};
  for (const BadEnd& row : bad_ends) behaviours.emplace_back(row.behaviour);
  const std::vector<GpuRun> runs = run(behaviours);
  EXPECT_EQ(runs[0].verdict.code, ExitCode::passed);
  for (std::size_t number = 0; number < std::size(bad_ends); ++number) {
    const Verdict& verdict = runs[number + 1].verdict;
    EXPECT_EQ(verdict.code, bad_ends[number].code) << bad_ends[number].behaviour;
    EXPECT_EQ(verdict.evidence, bad_ends[number].evidence);
    EXPECT_NE(verdict.remedy, "");
  }
}

TEST_F(EveryGpu, FailsWhereTheProgramCannotBeStarted) {
  for (const auto& [program, reason] : {std::pair("/no/such/program", "No such file or directory"),
                                        std::pair("/", "Permission denied")}) {
    settings.program = program;
    const std::vector<GpuRun> runs = run({"passes-1", "passes-2"});
    ASSERT_EQ(runs.size(), 2u);
    for (const GpuRun& one : runs) {
      EXPECT_EQ(one.verdict.code, ExitCode::failed);
      EXPECT_THAT(one.verdict.evidence,
                  AllOf(HasSubstr(std::string("starting ") + program), EndsWith(reason)));
    }
  }
  EXPECT_EQ(ended.size(), 4u);
}

TEST_F(EveryGpu, FailsWhereNoFileCanBeOpenedAnyMore) {
  // A start takes seven, of which two stay. Some between them may be open already.
  std::vector<int> taken(7);
  for (int& file : taken) file = ::open("/dev/null", O_RDONLY);
  for (const int file : taken) ::close(file);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{static_cast<rlim_t>(taken.back()) + 1, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const std::vector<GpuRun> runs = run({"passes-1", "passes-2"});
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(runs[0].verdict.code, ExitCode::passed);
  EXPECT_EQ(runs[1].verdict.code, ExitCode::failed);
  EXPECT_THAT(runs[1].verdict.evidence, HasSubstr("Too many open files"));
  EXPECT_THAT(runs[1].verdict.remedy, HasSubstr("ulimit"));
}

TEST_F(EveryGpu, LeavesNoFileOpen) {
  const auto open_files = [] {
    std::size_t count = 0;
    DIR* const folder = ::opendir("/proc/self/fd");
    while (::readdir(folder)) ++count;
    ::closedir(folder);
    return count;
  };
  const std::size_t before = open_files();
  run({"passes-1", "crashes"});
  settings.program = "/no/such/program";
  run({"passes-1"});
  EXPECT_EQ(open_files(), before);
}

TEST_F(EveryGpu, IsHeardOutHoweverMuchItSays) {
  const Stopwatch watch;
  const std::vector<GpuRun> runs = run({"floods"});
  EXPECT_EQ(runs[0].verdict.code, ExitCode::passed) << runs[0].verdict.evidence;
  EXPECT_EQ(runs[0].parameters_sha256, std::string(3'000'000, '7'));
  ASSERT_GT(lines.size(), 20'000u);
  EXPECT_EQ(lines.back(), "cuda:0: 20000");
  std::size_t crosses = 0;
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 70'000u) << "a line without end is cut";
    crosses += static_cast<std::size_t>(std::ranges::count(line, 'x'));
  }
  EXPECT_EQ(crosses, 300'000u) << "and nothing of it lost";
  EXPECT_LT(watch.seconds(), 20);
}

TEST_F(EveryGpu, IsToldToEndWhereTheRunIs) {
  tell_to_end_after_lines(2);
  const Stopwatch watch;
  EXPECT_THROW(run({"hangs", "ends-when-told"}), ToldToEnd);
  EXPECT_LT(watch.seconds(), 4) << "none has to be killed";
  EXPECT_THAT(lines, Contains("cuda:1: told to end"));
  ASSERT_EQ(ended.size(), 2u);
  const bool first = ended[0].gpu.uuid == "GPU-hangs";
  EXPECT_EQ(ended[first ? 0 : 1].verdict.evidence,
            "its process was ended by signal 15 (Terminated)");
  EXPECT_EQ(ended[first ? 1 : 0].verdict.code, ExitCode::terminated);
}

TEST_F(EveryGpu, IsKilledWhereItDoesNotEnd) {
  tell_to_end_after_lines(1);
  settings.grace = milliseconds{300};
  const Stopwatch watch;
  EXPECT_THROW(run({"hangs-and-is-deaf"}), ToldToEnd);
  EXPECT_GE(watch.seconds(), 0.3);
  EXPECT_LT(watch.seconds(), 4);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].verdict.code, ExitCode::terminated);
  EXPECT_EQ(ended[0].verdict.cause, "a GPU that hangs");
  EXPECT_EQ(ended[0].verdict.evidence,
            "its process did not end when it was told to, and was killed");
}

TEST_F(EveryGpu, IsKilledWhereNobodyTakesItsLines) {
  hooks.line = [](const std::string&) { throw ToldToEnd(); };
  const Stopwatch watch;
  EXPECT_THROW(run({"hangs-and-is-deaf", "hangs"}), ToldToEnd);
  EXPECT_LT(watch.seconds(), 4);
}

// What a run that is killed itself leaves behind.
TEST_F(EveryGpu, DoesNotOutliveTheRun) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    hooks.between = [this] {
      if (!read_whole(in_folder("process")).empty()) ::kill(::getpid(), SIGKILL);
    };
    run({"hangs"});
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(parent, &status, 0), parent);
  ASSERT_TRUE(WIFSIGNALED(status));
  const pid_t orphan = std::atoi(read_whole(in_folder("process")).c_str());
  ASSERT_GT(orphan, 0);
  const auto runs = [orphan] {
    const std::string state = read_whole("/proc/" + std::to_string(orphan) + "/stat");
    return !state.empty() && state.find(") Z ") == state.npos;
  };
  for (int tries = 0; runs() && tries < 500; ++tries) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_FALSE(runs());
}

TEST_F(EveryGpu, FailsWhereNobodyCanTellHowItEnded) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const std::vector<GpuRun> runs = run({"passes-1"});
  std::signal(SIGCHLD, before);
  EXPECT_EQ(runs[0].verdict.code, ExitCode::failed);
  EXPECT_THAT(runs[0].verdict.remedy, HasSubstr("SIGCHLD"));
}

}  // namespace
}  // namespace mnist
