#include "report/reports.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "dataset/sample_set.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"
#include "report/metrics.hpp"
#include "report/sample_results.hpp"
#include "report/termination_message.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Standard output is `path` as long as this lives.
class StandardOutputTo {
 public:
  explicit StandardOutputTo(const fs::path& path) : kept_(::dup(STDOUT_FILENO)) {
    const FileDescriptor other(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
    EXPECT_TRUE(other.is_open()) << path;
    ::dup2(other.get(), STDOUT_FILENO);
  }
  StandardOutputTo(const StandardOutputTo&) = delete;
  StandardOutputTo& operator=(const StandardOutputTo&) = delete;
  ~StandardOutputTo() { ::dup2(kept_.get(), STDOUT_FILENO); }

 private:
  FileDescriptor kept_;
};

RunResult passed_result() {
  RunResult result = full_result();
  result.verdict = {ExitCode::passed, "passed", "with accuracy 0.9786 after 1000 steps", ""};
  return result;
}

class Reports : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string content(const std::string& name) const { return read_whole(file(name)); }
  int code_in(const std::string& name) const {
    return nlohmann::json::parse(content(name))["exit_code"];
  }
  void make_termination_log() const {
    fs::create_directory(folder_.path() / "dev");
    write_file(folder_.path() / "dev/termination-log", "");
  }
  std::vector<Verdict> write(const RunResult& result, const ReportPaths& paths) {
    Console console({.verbosity = Verbosity::quiet});
    return write_reports(result, paths, {.root = folder_.path(), .environment = {}}, console);
  }

  TemporaryFolder folder_;
};

TEST_F(Reports, AreWrittenWhereTheyWereAskedFor) {
  make_termination_log();
  const RunResult result = full_result();
  EXPECT_THAT(write(result, {file("r.json"), file("r.xml"), file("r.prom")}), IsEmpty());
  EXPECT_EQ(content("r.json"), to_json(result));
  EXPECT_EQ(content("r.xml"), to_junit(result));
  EXPECT_EQ(content("r.prom"), to_metrics(result, MetricsFormat::textfile));
  EXPECT_EQ(content("dev/termination-log"), termination_message(result));
  EXPECT_THAT(write(result, {.metrics = file("metrics.txt")}), IsEmpty());
  EXPECT_EQ(content("metrics.txt"), to_metrics(result, MetricsFormat::open_metrics));
}

TEST_F(Reports, AreNoneWhereNoneWasAskedFor) {
  EXPECT_THAT(write(full_result(), {}), IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder_.path())) << "no termination log is made";
}

TEST_F(Reports, LeaveATerminationLogAloneOutsideKubernetes) {
  make_termination_log();
  RunResult result = full_result();
  result.place.kubernetes = false;
  EXPECT_THAT(write(result, {}), IsEmpty());
  EXPECT_EQ(content("dev/termination-log"), "");
  EXPECT_THAT(write(full_result(), {.termination_log = false}), IsEmpty());
  EXPECT_EQ(content("dev/termination-log"), "");
}

TEST_F(Reports, TellOfATerminationLogThatCannotBeWritten) {
  fs::create_directories(folder_.path() / "dev/termination-log");
  const std::vector<Verdict> failures = write(passed_result(), {.json = file("r.json")});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].code, ExitCode::failed);
  EXPECT_EQ(code_in("r.json"), 1);
}

TEST_F(Reports, GoOnWhereOneCannotBeWritten) {
  const RunResult result = full_result();
  const std::vector<Verdict> failures =
      write(result, {file("none/r.json"), file("r.xml"), file("none/r.prom")});
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].code, ExitCode::failed);
  EXPECT_EQ(failures[0].evidence,
            "cannot write " + file("none/r.json") + ": No such file or directory");
  EXPECT_THAT(failures[1].evidence, StartsWith("cannot write " + file("none/r.prom")));
  EXPECT_EQ(content("r.xml"), to_junit(result)) << "a failure keeps its own verdict";
}

TEST_F(Reports, TellOfAPassNoMoreWhereAnotherCannotBeWritten) {
  const std::vector<Verdict> failures =
      write(passed_result(), {file("r.json"), file("none/r.xml"), file("r.prom")});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(code_in("r.json"), 1) << "was written before, and again";
  EXPECT_THAT(content("r.prom"), HasSubstr("\nmnist_demo_exit_code 1\n"));
}

TEST_F(Reports, GoToStandardOutputForJson) {
  {
    const StandardOutputTo redirected(file("output"));
    EXPECT_THAT(write(full_result(), {.json = "-", .junit = file("r.xml")}), IsEmpty());
  }
  EXPECT_EQ(content("output"), to_json(full_result()));
}

TEST_F(Reports, TellOfStandardOutputThatWasLost) {
  const StandardOutputTo redirected("/dev/full");
  const std::vector<Verdict> failures =
      write(passed_result(), {.json = "-", .metrics = file("r.prom")});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].evidence, "standard output could not be written: No space left on device");
  EXPECT_THAT(content("r.prom"), HasSubstr("\nmnist_demo_exit_code 1\n"));
}

TEST_F(Reports, TellOfStandardOutputThatWasLostNoSecondTime) {
  const StandardOutputTo redirected("/dev/full");
  Console console({});
  console.line("lost");
  ASSERT_NE(console.output_failure(), "");
  EXPECT_THAT(
      write_reports(full_result(), {.json = "-"}, {.root = "/none", .environment = {}}, console),
      IsEmpty());
}

// Those that are no reports: the second fails, the first is told again, the third is told once.
TEST_F(Reports, HaveOthersTellOfNoPassEither) {
  std::vector<ExitCode> replaced;
  std::vector<ExitCode> appended;
  const auto keep = [](std::vector<ExitCode>& told) {
    return [&told](const RunResult& result) { told.push_back(result.verdict.code); };
  };
  const auto fail = [](const RunResult&) { throw Error(ExitCode::failed, "lost", "look"); };
  Console console({.verbosity = Verbosity::quiet});
  const auto failures = write_reports(
      passed_result(), {.json = file("r.json")}, {.root = folder_.path(), .environment = {}},
      console, {{"", keep(appended)}, {file("page"), keep(replaced)}, {file("lost"), fail}});
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].evidence, "lost");
  EXPECT_THAT(replaced, ElementsAre(ExitCode::passed, ExitCode::failed));
  EXPECT_THAT(appended, ElementsAre(ExitCode::failed));
  EXPECT_EQ(code_in("r.json"), 1);
}

// A reader of a pipe gets one result, of the verdict that the others tell.
TEST_F(Reports, GoToAPipeOnceAndLast) {
  const std::string pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = read_whole(pipe); });
  EXPECT_EQ(write(passed_result(), {pipe, file("r.xml"), file("none/r.prom")}).size(), 1u);
  reader.join();
  EXPECT_EQ(nlohmann::json::parse(received)["exit_code"], 1);
}

TEST_F(Reports, GoOnceAndLastToAStreamThatIsAFile) {
  {
    const StandardOutputTo redirected(file("output"));
    EXPECT_EQ(write(passed_result(), {.json = "/dev/stdout", .metrics = file("none/r")}).size(),
              1u);
  }
  EXPECT_EQ(code_in("output"), 1);
}

TEST_F(Reports, AreRefusedAtTheDoorWhereTheyCannotBeWritten) {
  EXPECT_NO_THROW(require_writable({}));
  EXPECT_NO_THROW(require_writable({"-", file("r.xml"), file("r.prom")}));
  struct Case {
    ReportPaths paths;
    std::string message;
  };
  const std::string none = file("none/r");
  fs::create_symlink("r.xml", folder_.path() / "link");
  write_file(folder_.path() / "r.xml", "old");
  const NamedFile checkpoint{"--checkpoint", "/dev/null", Writing::by_rename};
  const InputFile resumed{"what --resume reads", file("r.xml"), "--checkpoint"};
  EXPECT_NO_THROW(require_writable(
      {.artifacts = {{"--checkpoint", file("r.xml"), Writing::by_rename}}, .inputs = {resumed}}));
  const Case cases[] = {
      {{.artifacts = {checkpoint}}, "--checkpoint: cannot write /dev/null: File exists"},
      {{.artifacts = {{"--page", file("link")}}, .inputs = {resumed}},
       "--page: " + file("link") + " is what --resume reads"},
      {{.json = file("r.xml"), .inputs = {{"a file of the data set", file("r.xml")}}},
       "--json: " + file("r.xml") + " is a file of the data set"},
      {{.json = none}, "--json: cannot write " + none + ": No such file or directory"},
      {{.junit = none}, "--junit: cannot write " + none + ": No such file or directory"},
      {{.metrics = none}, "--metrics: cannot write " + none + ": No such file or directory"},
      {{.junit = "-"}, "--junit: standard output is for --json alone"},
      {{.metrics = "-"}, "--metrics: standard output is for --json alone"},
      {{.json = file("a"), .junit = file("a")}, "--junit: " + file("a") + " is where --json goes"},
      {{.junit = file("a"), .metrics = folder_.path().string() + "/./a"},
       "--metrics: " + folder_.path().string() + "/./a is where --junit goes"},
      {{.junit = file("r.xml"), .metrics = file("link")},
       "--metrics: " + file("link") + " is where --junit goes"},
      {{.json = "-", .metrics = "/dev/stdout"}, "--metrics: /dev/stdout is where --json goes"},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.message);
    try {
      require_writable(row.paths);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::usage);
      EXPECT_EQ(error.what(), row.message);
      EXPECT_NE(error.remedy(), "");
    }
  }
  EXPECT_EQ(content("r.xml"), "old");
}

}  // namespace
}  // namespace mnist
