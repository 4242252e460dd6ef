// What the whole program leaves in files, and what it does where they are lost.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/file_system.hpp"
#include "dataset/sample_set.hpp"
#include "program/run_program.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

// Has a small data set in a folder, and another folder for the outputs.
class Outputs : public testing::Test {
 protected:
  Outputs() { SampleSet().write_packed(data_.path()); }

  Ended run(std::vector<std::string> arguments) const {
    return run_program({.arguments = std::move(arguments),
                        .variables = {{"MNIST_DEMO_DATA_DIR", data_.path().string()},
                                      {"MNIST_DEMO_DEVICE", "cpu"}},
                        .output = Output::caught,
                        .terminal = false});
  }
  // Before it does anything, in one line that says so.
  void expect_refused(std::vector<std::string> arguments, const std::string& said) const {
    arguments.emplace_back("--max_steps=1");
    const Ended ended = run(std::move(arguments));
    EXPECT_EQ(ended.code, 2) << said;
    EXPECT_EQ(ended.output, "");
    EXPECT_THAT(ended.error, HasSubstr("failed (2): usage: " + said));
    EXPECT_EQ(std::ranges::count(ended.error, '\n'), 1) << ended.error;
  }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string content(const std::string& name) const { return read_whole(file(name)); }
  std::string data(const std::string& name) const { return (data_.path() / name).string(); }
  fs::path folder() const { return folder_.path(); }

 private:
  TemporaryFolder data_;
  TemporaryFolder folder_;
};

// The end of a session of the plugin "hparams", with the field `status`, and the time after it.
std::string session_end(char status) { return std::string("\x22\x0B\x08") + status + "\x11"; }

TEST_F(Outputs, TellOfNoPassWhereOneOfThemIsLost) {
  fs::create_symlink("/dev/full", file("lost.onnx"));
  for (const char* const flag : {"--export", "--junit", "--page"}) {
    const bool page_is_lost = flag == std::string("--page");
    const Ended ended = run({"--max_steps=1", "--page", file("p.html"), "--trace", file("t.json"),
                             "--json", file("r.json"), "--log_dir", file("l"), "--metrics",
                             file("m.prom"), flag, file("lost.onnx")});
    EXPECT_EQ(ended.code, 1) << flag;
    EXPECT_THAT(ended.last_error_line(), HasSubstr("failed (1): cannot write "));
    EXPECT_EQ(Json::parse(content("r.json"))["exit_code"], 1);
    EXPECT_THAT(content("m.prom"), HasSubstr("\nmnist_demo_exit_code 1\n"));
    EXPECT_THAT(Json::parse(content("t.json"))["otherData"]["result"], HasSubstr("failed (1): "));
    EXPECT_EQ(
        content("p.html").find("<p class=\"verdict failed\">failed (1): ") == std::string::npos,
        page_is_lost)
        << flag;
    const fs::path events = fs::directory_iterator(folder() / "l/test")->path();
    EXPECT_NE(read_whole(events).find(session_end(2)), std::string::npos) << flag;
    EXPECT_EQ(read_whole(events).find(session_end(1)), std::string::npos) << flag;
    fs::remove_all(folder() / "l");
    fs::remove(file("p.html"));
  }
}

TEST_F(Outputs, TellOfAPassInTheTableOfRuns) {
  EXPECT_EQ(run({"--max_steps=1", "--log_dir", file("l")}).code, 0);
  const fs::path events = fs::directory_iterator(folder() / "l/test")->path();
  EXPECT_NE(read_whole(events).find(session_end(1)), std::string::npos);
}

TEST_F(Outputs, OfAnEarlierRunAreReplacedWhereThisOneFailsBeforeItTrains) {
  for (const char* name : {"p.html", "t.json"}) write_file(file(name), "passed");
  EXPECT_EQ(run({"--dataset=mnist", "--page", file("p.html"), "--trace", file("t.json")}).code, 41);
  EXPECT_THAT(content("p.html"), HasSubstr("<p class=\"verdict failed\">failed (41): "));
  EXPECT_THAT(content("t.json"), HasSubstr("failed (41): "));
}

TEST_F(Outputs, MayLieInTheFolderOfTheSummariesThatIsMadeForThem) {
  const Ended ended = run({"--max_steps=1", "--log_dir", file("l"), "--page", file("l/p.html"),
                           "--checkpoint", file("l/c")});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_EQ(entries(folder() / "l"), 4u);
  expect_refused({"--log_dir", file("m"), "--trace", file("m")}, "--trace: cannot write ");
}

// A limit on the size of files stands in for a full disk; the log still has room.
TEST_F(Outputs, AreRefusedWhereTheDiskIsFull) {
  const FilesOfAtMost one_kilobyte(1000);
  for (const std::string flag :
       {"checkpoint", "page", "trace", "json", "junit", "metrics", "export"}) {
    const std::string path = file(flag == "export" ? "x.onnx" : "x");
    expect_refused({"--" + flag, path}, "--" + flag + ": cannot write " + path + ": File too");
  }
  EXPECT_EQ(entries(folder()), 0u);
}

TEST_F(Outputs, ThatOnlyARenameMayReplaceAreFilesOfTheirOwn) {
  for (const char* path : {"/dev/null", "/dev/full", "/dev/stdout"})
    expect_refused({"--checkpoint", path}, std::string("--checkpoint: cannot write ") + path);
}

TEST_F(Outputs, DoNotReplaceWhatTheRunReads) {
  ASSERT_EQ(run({"--max_steps=1", "--checkpoint", file("c.safetensors")}).code, 0);
  const std::string kept = content("c.safetensors");
  for (const char* flag : {"--export", "--page", "--trace", "--json", "--junit", "--metrics"})
    expect_refused({"--resume", file("c.safetensors"), flag, file("c.safetensors")},
                   std::string(flag) + ": " + file("c.safetensors") + " is what --resume reads");
  EXPECT_EQ(content("c.safetensors"), kept);

  const std::string labels = data("t10k-labels-idx1-ubyte.gz");
  for (const char* flag : {"--page", "--checkpoint"})
    expect_refused({flag, labels},
                   std::string(flag) + ": " + labels + " is a file of the data set");
}

TEST_F(Outputs, TellOfACheckpointThatIsDamaged) {
  write_file(file("damaged"), "Call me Ishmael.");
  const Ended ended = run({"--resume", file("damaged"), "--checkpoint", file("damaged"), "--json",
                           file("r.json"), "--junit", file("r.xml"), "--page", file("p.html")});
  EXPECT_EQ(ended.code, 41);
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(std::ranges::count(ended.error, '\n'), 1) << ended.error;
  EXPECT_EQ(Json::parse(content("r.json"))["exit_code"], 41);
  EXPECT_THAT(content("r.xml"), HasSubstr("type=\"41\""));
  EXPECT_THAT(content("p.html"), HasSubstr("failed (41)"));
  EXPECT_EQ(content("damaged"), "Call me Ishmael.");
}

}  // namespace
}  // namespace mnist
