// What a person at the terminal sees: lines on standard output, the log on standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stopwatch.hpp"
#include "dataset/obtain.hpp"
#include "report/output.hpp"
#include "report/progress_line.hpp"
#include "report/result.hpp"
#include "verdict/check.hpp"
#include "verdict/verdict.hpp"

namespace spdlog {
class logger;
}

namespace mnist {

enum class Verbosity { quiet, normal, verbose };

struct ConsoleSettings {
  Verbosity verbosity = Verbosity::normal;  // quiet leaves warnings and the verdict
  bool color = true;                        // where standard error is a terminal
  bool unicode = false;                     // a terminal shows it
  bool live = true;                         // a terminal can take back what it shows
  bool stamped = true;                      // the time before each line of the log
  bool json_on_stdout = false;              // then the lines go to standard error
  bool takes_over = false;                  // from a console that may be showing progress
};

// Control characters in what is shown (the name of a file may hold any) become '?'.
class Console : public DataEvents {
 public:
  explicit Console(const ConsoleSettings& settings);
  ~Console() override;

  // The program's output proper.
  void line(std::string_view text);
  // What was asked for alone: also where all is to be quiet.
  void answer(std::string_view text);
  // The result for programs, alone on standard output.
  void json(std::string_view object);

  void debug(std::string_view text);
  void info(std::string_view text);
  void warning(const std::string& text) override;
  // An error or a warning where it failed or warned; else for those who want to know everything.
  void check(const Check& check);
  // The log's last line.
  void verdict(const Verdict& verdict);

  void fetching(const std::string& name, std::uint64_t bytes,
                const std::filesystem::path& folder) override;
  void mirror_failed(const std::string& file, const std::string& reason) override;
  void downloaded(const std::string& file, std::uint64_t bytes) override;
  void extracting(const std::filesystem::path& file) override;
  void progress(std::uint64_t received, std::uint64_t total) override;

  // Where standard output is a terminal, a line that stays below all others: `progress` is asked
  // for ten times a second at most. To be called often.
  void training(const std::function<TrainingProgress()>& progress);
  // Likewise, a plot.
  void curve(const std::vector<CurvePoint>& curve);

  // Why standard output could not be written; empty where nothing was lost.
  const std::string& output_failure() const { return standard_output_.failure(); }

 private:
  enum class Level { debug, info, warning, error };
  void log(Level level, std::string_view text);
  LineOutput& lines() { return settings_.json_on_stdout ? standard_error_ : standard_output_; }
  LineOutput& progress_output();
  void show_progress(std::string_view text);
  void clear_progress();

  ConsoleSettings settings_;
  LineOutput standard_output_;
  LineOutput standard_error_;
  std::optional<int> progress_stream_;  // nothing where progress is not shown
  bool training_wanted_;                // progress of a training, too
  bool progress_shown_;
  std::string training_shown_;  // last
  Stopwatch since_training_shown_;
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace mnist
