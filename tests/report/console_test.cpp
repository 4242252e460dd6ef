#include "report/console.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "base/file_descriptor.hpp"
#include "base/stopwatch.hpp"
#include "dataset/sample_set.hpp"
#include "report/sample_results.hpp"

namespace mnist {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A stream is something else as long as this lives.
class StreamTo {
 public:
  StreamTo(int stream, const char* path) : stream_(stream), kept_(::dup(stream)) {
    const FileDescriptor other(::open(path, O_WRONLY | O_CREAT | O_NOCTTY, 0600));
    EXPECT_TRUE(other.is_open()) << path;
    ::dup2(other.get(), stream_);
  }
  StreamTo(const StreamTo&) = delete;
  StreamTo& operator=(const StreamTo&) = delete;
  ~StreamTo() { ::dup2(kept_.get(), stream_); }

 private:
  int stream_;
  FileDescriptor kept_;
};

// What `use` makes of a console whose lines go to standard error.
template <class Use>
std::string written_to_file(const ConsoleSettings& settings, Use use) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "error").string();
  {
    const StreamTo redirected(STDERR_FILENO, file.c_str());
    Console console(settings);
    use(console);
  }
  return read_whole(file);
}

enum class OnTerminal { standard_error, standard_output, both };

template <class Use>
std::string written_to_terminal(const ConsoleSettings& settings, Use use,
                                OnTerminal which = OnTerminal::standard_error) {
  const FileDescriptor terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  EXPECT_EQ(::grantpt(terminal.get()) + ::unlockpt(terminal.get()), 0);
  {
    const bool only_output = which == OnTerminal::standard_output;
    const StreamTo error(STDERR_FILENO, only_output ? "/dev/null" : ::ptsname(terminal.get()));
    std::optional<StreamTo> output;
    if (which != OnTerminal::standard_error)
      output.emplace(STDOUT_FILENO, ::ptsname(terminal.get()));
    Console console(settings);
    use(console);
  }
  // Nobody has the other end any more, so that the read after the last byte fails.
  std::string text;
  char block[4096];
  for (ssize_t size; (size = ::read(terminal.get(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(size));
  return text;
}

const ConsoleSettings lines_to_error{.json_on_stdout = true};
const std::string blank = "\r\x1b[K";

TEST(Console, ShowsProgressOnATerminalAndTakesItAwayBeforeALine) {
  const std::string text = written_to_terminal(lines_to_error, [](Console& console) {
    console.progress(1'500'000, 11'000'000);
    console.line("Accuracy");
    console.line("Again");
  });
  EXPECT_THAT(text, HasSubstr(blank + "downloading: 1500 of 11000 kB" + blank));
  EXPECT_THAT(text, EndsWith(blank + "Accuracy\r\nAgain\r\n"));
}

TEST(Console, TakesProgressAwayBeforeTheLogAndAtItsEnd) {
  const std::string logged = written_to_terminal({.color = false}, [](Console& console) {
    console.progress(1, 2);
    console.warning("look");
  });
  EXPECT_THAT(logged, HasSubstr(blank + "20"));
  EXPECT_THAT(logged, EndsWith("warning: look\r\n"));
  EXPECT_THAT(written_to_terminal({}, [](Console& console) { console.progress(1, 2); }),
              EndsWith(blank));
}

TEST(Console, ShowsNoProgressElsewhere) {
  const auto progress = [](Console& console) { console.progress(1, 2); };
  EXPECT_EQ(written_to_file({}, progress), "");
  EXPECT_EQ(written_to_terminal({.verbosity = Verbosity::quiet}, progress), "");
}

// A training that has come one step further whenever somebody looks.
auto looked_at() {
  return [steps = std::uint64_t{0}]() mutable {
    TrainingProgress progress;
    progress.steps = ++steps;
    return progress;
  };
}

const std::string first_look = std::string(24, '-') + "  step 1";

TEST(Console, KeepsATrainingsProgressBelowTheLines) {
  EXPECT_EQ(written_to_terminal(
                {.color = false},
                [](Console& console) {
                  const std::function<TrainingProgress()> training = looked_at();
                  console.training(training);
                  console.training(training);
                  console.line("Accuracy");
                  console.training(training);
                },
                OnTerminal::both),
            blank + first_look + blank + "Accuracy\r\n" + blank + first_look + blank);
}

TEST(Console, KeepsATrainingsProgressBelowTheLinesWhereTheLogGoesToAFile) {
  const auto training = [](Console& console) {
    console.progress(1, 2);
    console.training(looked_at());
    console.info("into the file");
    console.line("Accuracy");
    console.curve({{0, 0.1}, {10, 0.9}});
  };
  EXPECT_THAT(written_to_terminal({.color = false}, training, OnTerminal::standard_output),
              AllOf(StartsWith(blank + "downloading: 0 of 0 kB" + blank + first_look + blank +
                               "Accuracy\r\n"),
                    HasSubstr("0.75 +")));
  EXPECT_EQ(written_to_terminal(lines_to_error, training, OnTerminal::standard_output), "")
      << "the result has standard output for itself";
}

TEST(Console, LooksAtATrainingTenTimesASecondAtMost) {
  std::uint64_t looks = 0;
  const Stopwatch watch;
  written_to_terminal(
      {},
      [&](Console& console) {
        while (watch.seconds() < 0.35)
          console.training([&] {
            ++looks;
            return TrainingProgress();
          });
      },
      OnTerminal::both);
  EXPECT_GE(looks, 3u);
  EXPECT_LE(looks, 4u);
}

TEST(Console, ShowsATrainingOnTerminalsAlone) {
  const auto training = [](Console& console) {
    console.training(looked_at());
    console.curve({{0, 0.1}, {10, 0.9}});
  };
  EXPECT_THAT(written_to_terminal({}, training, OnTerminal::both), HasSubstr("0.75 +"));
  EXPECT_THAT(written_to_terminal({.unicode = true}, training, OnTerminal::both),
              HasSubstr("0.75 \u2524"));
  EXPECT_EQ(written_to_file({}, training), "");
  EXPECT_EQ(written_to_terminal({}, training), "") << "the lines go elsewhere";
  for (const ConsoleSettings& settings :
       {ConsoleSettings{.verbosity = Verbosity::quiet}, ConsoleSettings{.live = false}})
    EXPECT_EQ(written_to_terminal(settings, training, OnTerminal::both), "");
}

TEST(Console, TakesOverFromOneThatMayShowProgress) {
  EXPECT_EQ(
      written_to_terminal(
          {.takes_over = true}, [](Console& console) { console.line("a"); }, OnTerminal::both),
      blank + "a\r\n");
}

TEST(Console, LetsNoFileNameDriveTheTerminal) {
  const std::string text = written_to_file(lines_to_error, [](Console& console) {
    console.extracting("a\x1b[31m\nb\x7f");
    console.warning("c\rd \xff");
  });
  EXPECT_THAT(text, HasSubstr("Extracting a?[31m?b?\n"));
  EXPECT_THAT(text, EndsWith("warning: c?d \xEF\xBF\xBD\n")) << "what is no UTF-8 is replaced";
}

TEST(Console, TellsOfADownloadInTheLog) {
  const auto download = [](Console& console) {
    console.fetching("mnist", 11'594'722, "/data");
    console.mirror_failed("FILE", "http://a/: too slow");
  };
  const std::string normal = written_to_file({}, download);
  EXPECT_THAT(normal, EndsWith("info: fetching mnist (11594 kB) into /data\n"));
  EXPECT_THAT(written_to_file({.verbosity = Verbosity::verbose}, download),
              EndsWith("debug: FILE from http://a/: too slow\n"));
}

TEST(Console, LogsWhatTheVerbosityAsksFor) {
  const auto everything = [](Console& console) {
    console.debug("a debug line");
    console.info("an info line");
    console.warning("a warning line");
    console.verdict({ExitCode::passed, "passed", "", ""});
  };
  const std::string verbose = written_to_file({.verbosity = Verbosity::verbose}, everything);
  EXPECT_THAT(verbose, HasSubstr("debug: a debug line\n"));
  const std::string normal = written_to_file({}, everything);
  EXPECT_THAT(normal, Not(HasSubstr("a debug line")));
  EXPECT_THAT(normal, HasSubstr("info: an info line\n"));
  const std::string quiet = written_to_file({.verbosity = Verbosity::quiet}, everything);
  EXPECT_THAT(quiet, Not(HasSubstr("an info line")));
  EXPECT_THAT(quiet, HasSubstr("warning: a warning line\n"));
  EXPECT_THAT(quiet, EndsWith("info: passed\n"));
}

TEST(Console, SaysWhenItLogged) {
  const auto warn = [](Console& console) { console.warning("look"); };
  EXPECT_THAT(written_to_file({}, warn), testing::MatchesRegex("20.*:.* warning: look\n"));
  EXPECT_EQ(written_to_file({.stamped = false}, warn), "warning: look\n");
}

TEST(Console, TellsOfChecksThatFailedOrWarnedAndOfOthersToWhoAsks) {
  const auto checks = [](Console& console) {
    for (const Check& check : sample_checks()) console.check(check);
  };
  const std::string quiet = written_to_file({.verbosity = Verbosity::quiet}, checks);
  EXPECT_THAT(quiet, HasSubstr("warning: other users: 2 processes"));
  EXPECT_THAT(quiet, HasSubstr("error: row remapping failed: 1 row"));
  EXPECT_THAT(written_to_file({}, checks),
              AllOf(Not(HasSubstr("unknown")), Not(HasSubstr("passed"))));
  const std::string verbose = written_to_file({.verbosity = Verbosity::verbose}, checks);
  EXPECT_THAT(verbose, HasSubstr("debug: temperature unknown: the GPU was used"));
  EXPECT_THAT(verbose, HasSubstr("debug: product passed"));
}

}  // namespace
}  // namespace mnist
