// The whole program, from its command line to its exit code.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "dataset/sample_set.hpp"
#include "make_engine.hpp"
#include "program/run_program.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> accuracy_lines(const std::string& output) {
  std::vector<std::string> steps;
  for (const std::string& line : lines_of(output))
    if (line.starts_with("Accuracy at step ")) steps.push_back(line.substr(0, line.find(':')));
  return steps;
}

// Whether a run takes a GPU where nothing is said.
bool takes_a_gpu() {
  return choose_device({}, look_around({.root = "/", .environment = ::getenv})).kind ==
         DeviceKind::cuda;
}

// Has a small data set in a folder, so that a run takes a moment and needs no network. Runs are on
// the CPU, whatever this machine has.
class CommandLine : public testing::Test {
 protected:
  CommandLine() { SampleSet().write_packed(folder_.path()); }

  Invocation invocation(std::vector<std::string> arguments) const {
    Invocation invocation{.arguments = std::move(arguments),
                          .variables = {{"MNIST_DEMO_DATA_DIR", folder_.path().string()}},
                          .output = Output::caught,
                          .terminal = false};
    if (takes_a_gpu()) invocation.variables["MNIST_DEMO_DEVICE"] = "cpu";
    return invocation;
  }
  Ended run(std::vector<std::string> arguments) const {
    return run_program(invocation(std::move(arguments)));
  }
  fs::path file(const char* name) const { return folder_.path() / name; }

 private:
  TemporaryFolder folder_;
};

// Runs that choose their device, and find none but the CPU.
class CommandLineWithoutGpu : public CommandLine {
 protected:
  void SetUp() override {
    if (takes_a_gpu()) GTEST_SKIP() << "this machine has a GPU";
  }
};

TEST_F(CommandLine, KeepsOutputAndLogApart) {
  const Ended ended = run({"--max_steps", "25", "--eval_every", "10", "--threads", "2"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(lines_of(ended.output),
              ElementsAre(HasSubstr("Extracting " + file("train-images-idx3-ubyte.gz").string()),
                          HasSubstr("Extracting " + file("train-labels-idx1-ubyte.gz").string()),
                          HasSubstr("Extracting " + file("t10k-images-idx3-ubyte.gz").string()),
                          HasSubstr("Extracting " + file("t10k-labels-idx1-ubyte.gz").string()),
                          StartsWith("Accuracy at step 0: 0."), StartsWith("Accuracy at step 10: "),
                          StartsWith("Accuracy at step 20: "), "Data set: unknown, 50 + 20 images",
                          AllOf(StartsWith("Device: "), EndsWith(", fp32")),
                          StartsWith("Final accuracy: "), StartsWith("Final loss: "),
                          StartsWith("Images a second in training: "), StartsWith("Time: ")));
  EXPECT_THAT(ended.error,
              AllOf(HasSubstr("device: cpu, "), HasSubstr("oneDNN"), HasSubstr(", 2 threads, "),
                    HasSubstr("data set: unknown, 50 + 20")));
  EXPECT_THAT(ended.error, Not(HasSubstr("\x1b[")));
}

TEST_F(CommandLineWithoutGpu, EndsARunThatFellBackToTheCpuBySayingSo) {
  const Ended ended = run({"--max_steps=1"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.error, HasSubstr("warning: GPU: the CPU is used instead"));
  EXPECT_THAT(ended.last_error_line(), EndsWith("passed on the CPU: no GPU was tested"));
}

TEST_F(CommandLine, EndsARunOnTheCpuThatWasAskedForWithItsAccuracy) {
  const Ended ended = run({"--max_steps=3", "--device=cpu"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.error, Not(HasSubstr("warning")));
  EXPECT_THAT(ended.last_error_line(),
              AllOf(HasSubstr(" passed with accuracy 0"), EndsWith(" after 3 steps")));
}

TEST_F(CommandLine, EvaluatesWithoutTraining) {
  const Ended ended = run({"--max_steps", "0", "--json", file("r.json")});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(accuracy_lines(ended.output), IsEmpty());
  EXPECT_THAT(ended.output,
              AllOf(HasSubstr("Final accuracy: "), Not(HasSubstr("Images a second"))));
  const Json result = Json::parse(read_whole(file("r.json")));
  EXPECT_EQ(result["curve"].size(), 1u);
  EXPECT_EQ(result["steps"], 0);
}

TEST_F(CommandLine, RepeatsItselfBitForBit) {
  const auto sha256 = [this](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"--max_steps=30", "--eval_every=0", "--threads=2",
                                       "--dropout=0.5", "--json=-"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(run(arguments).output)["parameters_sha256"].get<std::string>();
  };
  const std::string first = sha256({});
  EXPECT_EQ(first.size(), 64u);
  EXPECT_EQ(sha256({}), first);
  EXPECT_NE(sha256({"--seed=1"}), first);
  EXPECT_NE(sha256({"--model=mlp"}), first);
  EXPECT_NE(sha256({"--max_steps=0", "--seed=1"}), sha256({"--max_steps=0"}))
      << "the seed makes the initial values, too";
}

TEST_F(CommandLineWithoutGpu, QuietLeavesWarningsAndVerdict) {
  const Ended ended = run({"--max_steps=3", "--quiet"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.output, "");
  EXPECT_THAT(lines_of(ended.error),
              ElementsAre(HasSubstr("warning: "), HasSubstr("info: passed")));
}

TEST_F(CommandLine, VerboseShowsSettingsAndThePlaceOfAnError) {
  const Ended ended = run({"--max_steps=3", "--verbose", "--learning_rate=1e30"});
  EXPECT_EQ(ended.code, 30);
  EXPECT_THAT(ended.error, AllOf(HasSubstr("debug: settings: model lenet, max_steps 3"),
                                 HasSubstr(", precision fp32, threads "),
                                 HasSubstr("debug: noticed at src/training/trainer.cpp:")));
}

// tests/readers has TensorBoard read what is written.
TEST_F(CommandLine, WritesSummariesWhereTheyCanBe) {
  const fs::path folder = file("made/logs");
  const Ended ended = run({"--max_steps=101", "--eval_every=0", "--log_dir", folder.string()});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.output, HasSubstr("Adding run metadata for 99\n"));
  for (const char* run_name : {"train", "test"})
    EXPECT_EQ(std::distance(fs::directory_iterator(folder / run_name), {}), 1) << run_name;

  const Ended refused = run({"--max_steps=1", "--log_dir=/proc/logs"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.error, HasSubstr("--log_dir: cannot write to /proc/logs/train: "));
  EXPECT_THAT(lines_of(refused.error), testing::SizeIs(1));
  EXPECT_EQ(refused.output, "");
}

TEST_F(CommandLine, ColorsOnATerminalAlone) {
  Invocation terminal = invocation({"--max_steps=1"});
  terminal.terminal = true;
  terminal.variables["TERM"] = "xterm";
  EXPECT_THAT(run_program(terminal).error, HasSubstr("\x1b["));
  terminal.variables["NO_COLOR"] = "1";
  EXPECT_THAT(run_program(terminal).error, Not(HasSubstr("\x1b[")));
}

TEST_F(CommandLine, ShowsHowItGoesOnATerminalThatCanShowIt) {
  Invocation terminal = invocation({"--max_steps=30"});
  terminal.terminal = true;
  terminal.output = Output::on_the_terminal;
  const auto shown = [&](const char* type, const char* locale) {
    terminal.variables["TERM"] = type;
    terminal.variables["LC_ALL"] = locale;
    return run_program(terminal).error;
  };
  const std::string progress = "  step  0 of 30";
  EXPECT_THAT(shown("xterm", "C"), AllOf(HasSubstr(progress), HasSubstr("\r\n1.00 +"),
                                         HasSubstr("\r\x1b[KAccuracy at ")));
  EXPECT_THAT(shown("xterm", "de_DE.UTF-8"),
              AllOf(HasSubstr(progress), HasSubstr("\r\n1.00 \u2524")));
  EXPECT_THAT(shown("dumb", "C"), AllOf(Not(HasSubstr(progress)), Not(HasSubstr("1.00 "))));
  terminal.output = Output::caught;
  EXPECT_THAT(shown("xterm", "C"), AllOf(Not(HasSubstr(progress)), Not(HasSubstr("1.00 "))));
}

TEST_F(CommandLine, RefusesABadCommandLineInOneLineAndStartsNothing) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--max_steps=ten"},
                                                    {"--max_stepz=10"},
                                                    {"10"},
                                                    {"--device=gpu"}}) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.output, "");
    EXPECT_THAT(lines_of(ended.error), ElementsAre(HasSubstr("failed (2): usage: ")));
  }
}

TEST_F(CommandLine, RefusesABadDeviceVariableByItsName) {
  Invocation bad = invocation({});
  bad.variables["MNIST_DEMO_DEVICE"] = "gpu";
  const Ended ended = run_program(bad);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.error, HasSubstr("MNIST_DEMO_DEVICE: 'gpu' is not auto, cpu, cuda, cuda:N"));
}

TEST_F(CommandLine, NeverFallsBackFromCuda) {
  Invocation cuda = invocation({"--device=cuda", "--json", file("r.json")});
  cuda.variables["CUDA_VISIBLE_DEVICES"] = "-1";  // hides those that there are
  const Ended ended = run_program(cuda);
  EXPECT_EQ(ended.code, 10);
  EXPECT_EQ(ended.output, "");
  EXPECT_THAT(lines_of(ended.error), ElementsAre(HasSubstr("error: failed (10): ")))
      << "before any data is read";
  const Json result = Json::parse(read_whole(file("r.json")));
  EXPECT_EQ(result["verdict"]["code"], 10);
  EXPECT_EQ(result["exit_code"], 10);
  EXPECT_EQ(result["requested_device"], "cuda");
  EXPECT_TRUE(result["final_accuracy"].is_null());
  EXPECT_TRUE(result["dataset"]["name"].is_null());
}

// As nvidia-smi counts, unless the user says otherwise, from CUDA's first call on.
TEST_F(CommandLine, HasCudaCountInPciOrder) {
  if (!look_around({.root = "/", .environment = ::getenv}).cuda_in_build)
    GTEST_SKIP() << "this build has no CUDA engine";
  Invocation list = invocation({"--list_devices"});
  list.variables["LD_LIBRARY_PATH"] = MNIST_STAND_IN_DRIVER_FOLDER;
  Ended ended = run_program(list);
  EXPECT_THAT(ended.error, StartsWith("CUDA_DEVICE_ORDER=PCI_BUS_ID\n"));
  EXPECT_EQ(ended.code, 10);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("cudaErrorNoDevice (100) when counting the GPUs"));
  list.variables["CUDA_DEVICE_ORDER"] = "FASTEST_FIRST";
  ended = run_program(list);
  EXPECT_THAT(ended.error, StartsWith("CUDA_DEVICE_ORDER=FASTEST_FIRST\n"));
}

TEST_F(CommandLine, ListsNoDeviceWhereThereIsNone) {
  Invocation list = invocation({"--list_devices", "--json=-"});
  list.variables["CUDA_VISIBLE_DEVICES"] = "-1";
  const Ended ended = run_program(list);
  EXPECT_EQ(ended.code, 10);
  EXPECT_THAT(lines_of(ended.error), ElementsAre(HasSubstr("error: failed (10): ")));
  const Json result = Json::parse(ended.output);
  EXPECT_EQ(result["exit_code"], 10);
  EXPECT_EQ(result["devices"], Json::array());
  list.arguments = {"--list_devices", "--json", file("r.json")};
  EXPECT_EQ(run_program(list).output, "");
  EXPECT_EQ(Json::parse(read_whole(file("r.json")))["exit_code"], 10);
}

TEST_F(CommandLineWithoutGpu, WarnsThatTheCpuHasNoTf32) {
  const Ended ended = run({"--max_steps=1", "--precision=tf32", "--json=-"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.error,
              HasSubstr("warning: precision: --precision tf32: the CPU computes in fp32"));
  const Json device = Json::parse(ended.output)["devices"][0];
  EXPECT_EQ(device["precision"], "fp32");
  EXPECT_TRUE(device["gpu"].is_null());
}

TEST_F(CommandLine, JudgesTheFinalAccuracy) {
  const Ended low = run({"--max_steps=1", "--min_accuracy=1", "--json=-"});
  EXPECT_EQ(low.code, 31);
  EXPECT_THAT(low.last_error_line(),
              AllOf(HasSubstr("failed (31): accuracy below what was asked: "),
                    HasSubstr("at least 1 was asked for")));
  const Json result = Json::parse(low.output);
  EXPECT_EQ(result["exit_code"], 31);
  EXPECT_EQ(result["final_accuracy"], result["curve"].back()["accuracy"]);
  EXPECT_EQ(result["parameters_sha256"].get<std::string>().size(), 64u);

  const double reached = result["final_accuracy"];
  EXPECT_EQ(run({"--max_steps=1", "--min_accuracy=" + std::to_string(reached)}).code, 0);
}

TEST_F(CommandLine, EndsOnALossThatIsNotFinite) {
  const Ended ended = run({"--max_steps=20", "--learning_rate=1e30", "--json=-"});
  EXPECT_EQ(ended.code, 30);
  EXPECT_THAT(ended.last_error_line(),
              AllOf(HasSubstr("failed (30): wrong numbers: "), HasSubstr(" loss at step ")));
  EXPECT_TRUE(Json::parse(ended.output)["final_loss"].is_null());
}

TEST_F(CommandLine, EndsOnADamagedSet) {
  write_file(file("train-labels-idx1-ubyte.gz"), "<html>");
  const Ended ended = run({"--max_steps=1"});
  EXPECT_EQ(ended.code, 41);
  EXPECT_THAT(ended.last_error_line(), AllOf(HasSubstr("failed (41): data damaged: "),
                                             HasSubstr("train-labels-idx1-ubyte.gz")));
}

TEST_F(CommandLine, TakesOnlyTheRealSetAsMnist) {
  EXPECT_EQ(run({"--max_steps=1", "--dataset=mnist"}).code, 41);
}

TEST_F(CommandLineWithoutGpu, HasTheJsonAloneOnStandardOutput) {
  const Ended ended = run({"--max_steps=3", "--eval_every=1", "--json", "-"});
  EXPECT_EQ(ended.code, 0);
  const Json result = Json::parse(ended.output);
  EXPECT_EQ(result["curve"].size(), 4u);
  EXPECT_EQ(result["steps"], 3);
  EXPECT_EQ(result["dataset"]["name"], "unknown");
  EXPECT_EQ(result["dataset"]["train_images"], 50);
  EXPECT_EQ(result["dataset"]["test_images"], 20);
  EXPECT_EQ(result["requested_device"], "auto");
  EXPECT_EQ(result["devices"][0]["engine"], "cpu");
  EXPECT_GT(result["timings_s"]["total"], 0);
  EXPECT_THAT(ended.error,
              AllOf(HasSubstr("\nAccuracy at step 2: "), HasSubstr("Final accuracy: ")));
  EXPECT_THAT(ended.last_error_line(), HasSubstr("passed on the CPU"));
}

TEST_F(CommandLineWithoutGpu, QuietWithJsonOnStandardOutputIsJsonAlone) {
  const Ended ended = run({"--max_steps=1", "--quiet", "--json=-"});
  EXPECT_EQ(Json::parse(ended.output)["exit_code"], 0);
  EXPECT_EQ(lines_of(ended.error).size(), 2u);
}

TEST_F(CommandLine, WritesTheJsonToAPipe) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = read_whole(file("pipe")); });
  EXPECT_EQ(run({"--max_steps=1", "--json", file("pipe")}).code, 0);
  reader.join();
  EXPECT_EQ(Json::parse(received)["exit_code"], 0);
}

TEST_F(CommandLine, WritesTheJsonBehindTheLinesOnDevStdout) {
  const Ended ended = run({"--max_steps=1", "--json=/dev/stdout"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.output, StartsWith("Extracting "));
  EXPECT_EQ(Json::parse(ended.output.substr(ended.output.find("\n{")))["exit_code"], 0);
}

TEST_F(CommandLine, RefusesAJsonThatCannotBeWrittenBeforeAnythingElse) {
  for (const fs::path& path : {file(""), file("none") / "r.json"}) {
    const Ended ended = run({"--max_steps=1", "--json", path});
    EXPECT_EQ(ended.code, 2) << path;
    EXPECT_EQ(ended.output, "");
    EXPECT_THAT(lines_of(ended.error),
                ElementsAre(HasSubstr("failed (2): usage: --json: cannot write " + path.string())));
  }
}

// A second round, of which nothing is timed, has to give the same bits.
TEST_F(CommandLine, TracesARunWithoutChangingIt) {
  const std::string trace = file("trace.json");
  const std::vector<std::string> training{"--max_steps=220", "--eval_every=50", "--batch_size=10",
                                          "--model=mlp",     "--threads=2",     "--json=-"};
  std::vector<std::string> traced = training;
  traced.insert(traced.end(), {"--repeat=2", "--trace", trace});
  const Ended ended = run(traced);
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(Json::parse(ended.output)["parameters_sha256"],
            Json::parse(run(training).output)["parameters_sha256"]);
  std::map<std::string, int> count;
  const Json written = Json::parse(read_whole(trace));
  for (const Json& event : written["traceEvents"]) ++count[event["name"].get<std::string>()];
  EXPECT_EQ(count["training"], 1);
  EXPECT_EQ(count["evaluation"], 6) << "of the first round";
  EXPECT_EQ(count["timed step"], 2);
  EXPECT_EQ(count["linear_2 gradient"], 2);
}

TEST_F(CommandLine, TracesARunThatFailsOrIsToldToEnd) {
  const std::string trace = file("trace.json");
  const auto last_phase = [&](std::vector<std::string> arguments, int code) {
    arguments.insert(arguments.end(), {"--trace", trace});
    EXPECT_EQ(run(arguments).code, code);
    std::string last;
    const Json written = Json::parse(read_whole(trace));
    for (const Json& event : written["traceEvents"])
      if (event["tid"] == 1 && event["ph"] == "X") last = event["name"];
    return last;
  };
  EXPECT_EQ(last_phase({"--dataset=mnist"}, 41), "getting the data");
  EXPECT_EQ(last_phase({"--max_steps=1000000000", "--deadline=1"}, 50), "training");
}

TEST_F(CommandLine, RefusesATraceThatCannotBeWrittenBeforeAnythingElse) {
  const Ended ended = run({"--trace=/no/such/t.json"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.output, "");
  EXPECT_THAT(ended.error, HasSubstr("--trace: cannot write /no/such/t.json"));
}

TEST_F(CommandLine, FailsWhereTheTraceIsLostAndKeepsWhatTheRunFound) {
  const Ended passed = run({"--max_steps=1", "--trace=/dev/full"});
  EXPECT_EQ(passed.code, 1);
  EXPECT_THAT(passed.output, HasSubstr("Final accuracy: "));
  EXPECT_THAT(passed.last_error_line(), HasSubstr("failed (1): cannot write /dev/full: No space"));
  EXPECT_EQ(run({"--max_steps=1", "--trace=/dev/full", "--min_accuracy=1"}).code, 31);
}

TEST_F(CommandLine, FailsWhereTheJsonIsLost) {
  const Ended ended = run({"--max_steps=1", "--json=/dev/full"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("failed (1): cannot write /dev/full: No space"));
  const Ended low = run({"--max_steps=1", "--min_accuracy=1", "--json=/dev/full"});
  EXPECT_EQ(low.code, 31) << "hides no other code";
  EXPECT_THAT(low.error, HasSubstr("warning: cannot write /dev/full"));
}

TEST_F(CommandLine, LeavesAPageAndTheSameBits) {
  const Ended with = run({"--max_steps=3", "--json=-", "--page", file("p.html")});
  EXPECT_EQ(with.code, 0) << with.error;
  const std::string sha256 = Json::parse(with.output)["parameters_sha256"];
  EXPECT_EQ(Json::parse(run({"--max_steps=3", "--json=-"}).output)["parameters_sha256"], sha256);
  EXPECT_THAT(read_whole(file("p.html")), AllOf(HasSubstr("passed"), HasSubstr(sha256)));
}

TEST_F(CommandLine, FailsWhereThePageIsLost) {
  const Ended ended = run({"--max_steps=1", "--page=/dev/full"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("failed (1): cannot write /dev/full: No space"));
  EXPECT_EQ(run({"--max_steps=1", "--min_accuracy=1", "--page=/dev/full"}).code, 31);
  const Ended refused = run({"--max_steps=1", "--page", file("none") / "p.html"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(lines_of(refused.error), ElementsAre(HasSubstr("--page: cannot write ")));
}

TEST_F(CommandLine, FailsWhereStandardOutputIsLost) {
  Invocation full = invocation({"--max_steps=1", "--json", file("r.json")});
  full.output = Output::on_a_full_disk;
  const Ended ended = run_program(full);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("standard output could not be written: No space"));
  EXPECT_EQ(Json::parse(read_whole(file("r.json")))["exit_code"], 1);
  full.arguments = {"--max_steps=1", "--json=-"};
  EXPECT_EQ(run_program(full).code, 1);
  full.arguments = {"--max_steps=1", "--min_accuracy=1"};
  EXPECT_EQ(run_program(full).code, 31);
}

TEST_F(CommandLine, FailsInOneLineWhereItsHelpOrVersionIsLost) {
  for (const char* flag : {"--help", "--version"}) {
    for (const Output output : {Output::on_a_full_disk, Output::closed}) {
      Invocation lost = invocation({flag});
      lost.output = output;
      const Ended ended = run_program(lost);
      EXPECT_EQ(ended.code, 1);
      EXPECT_THAT(lines_of(ended.error),
                  ElementsAre(HasSubstr("failed (1): standard output could not be written: ")));
    }
  }
}

TEST_F(CommandLine, SurvivesAReaderThatLeftAndAClosedOutput) {
  Invocation lost = invocation({"--max_steps=1"});
  lost.output = Output::without_a_reader;
  Ended ended = run_program(lost);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("could not be written: Broken pipe"));
  lost.output = Output::closed;
  ended = run_program(lost);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.last_error_line(), HasSubstr("could not be written: Bad file descriptor"));
}

TEST_F(CommandLine, TellsItsVersionAndHelp) {
  const Ended version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.output, AllOf(StartsWith("mnist-demo "), HasSubstr("\noneDNN "),
                                    HasSubstr("\nlibcurl "), HasSubstr("\nzlib ")));
  EXPECT_EQ(version.error, "");
  const Ended help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.output, HasSubstr("--max_steps"));
  EXPECT_EQ(help.error, "");
}

TEST_F(CommandLine, DownloadsTheRealSetOnce) {
  const char* variable = std::getenv("MNIST_TEST_DATA_DIR");
  const fs::path real = fs::absolute(variable ? variable : MNIST_TEST_DATA_DIR);
  if (!fs::exists(real / "train-images-idx3-ubyte.gz"))
    GTEST_SKIP() << "the real MNIST is not in " << real;
  const std::vector<std::string> arguments{
      "--data_dir",      file("new"),   "--mirror",      "file://" + real.string(),
      "--dataset=mnist", "--model=mlp", "--max_steps=20"};
  const Ended ended = run(arguments);
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_THAT(ended.output, HasSubstr("Successfully downloaded train-images-idx3-ubyte.gz 9912422 "
                                      "bytes.\nExtracting "));
  EXPECT_THAT(ended.error, HasSubstr("data set: mnist, 60000 + 10000"));
  const Ended again = run(arguments);
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.output, Not(HasSubstr("Successfully downloaded")));
}

TEST_F(CommandLine, TrainsOnSyntheticDigits) {
  const Ended ended = run({"--fake_data", "--model=mlp", "--max_steps=20", "--json=-"});
  EXPECT_EQ(ended.code, 0);
  const Json result = Json::parse(ended.output);
  EXPECT_EQ(result["dataset"]["name"], "synthetic");
  EXPECT_EQ(result["dataset"]["train_images"], 60000);
}

// A proxy that nobody listens at keeps the network away.
TEST_F(CommandLineWithoutGpu, SaysWhereSyntheticDigitsTookThePlaceOfMnist) {
  Invocation cut_off = invocation({"--data_dir", file("new"), "--model=mlp", "--max_steps=0"});
  cut_off.variables["https_proxy"] = "http://127.0.0.1:1";
  const Ended ended = run_program(cut_off);
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.output, StartsWith("Data set: synthetic digits, not MNIST\nDevice: "));
  EXPECT_THAT(
      ended.last_error_line(),
      EndsWith(" passed on the CPU: no GPU was tested, and on synthetic digits: MNIST could "
               "not be fetched"));
}

}  // namespace
}  // namespace mnist
