// What a person at the terminal sees: lines on standard output, the log on standard error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "dataset/obtain.hpp"
#include "report/output.hpp"
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
  bool stamped = true;                      // the time before each line of the log
  bool json_on_stdout = false;              // then the lines go to standard error
};

// Control characters in what is shown (the name of a file may hold any) become '?'.
class Console : public DataEvents {
 public:
  explicit Console(const ConsoleSettings& settings);
  ~Console() override;

  // The program's output proper.
  void line(std::string_view text);
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

  // Why standard output could not be written; empty where nothing was lost.
  const std::string& output_failure() const { return standard_output_.failure(); }

 private:
  enum class Level { debug, info, warning, error };
  void log(Level level, std::string_view text);
  void clear_progress();

  ConsoleSettings settings_;
  LineOutput standard_output_;
  LineOutput standard_error_;
  bool progress_wanted_;
  bool progress_shown_ = false;
  std::shared_ptr<spdlog::logger> log_;
};

}  // namespace mnist
