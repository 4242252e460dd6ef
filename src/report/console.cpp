#include "report/console.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

#include <algorithm>

#include "report/check_lines.hpp"
#include "report/clean_line.hpp"

namespace mnist {
namespace {

constexpr int progress_width = 50;

std::string printable(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(
      clean, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return clean_line(clean);
}

}  // namespace

Console::Console(const ConsoleSettings& settings)
    : settings_(settings),
      standard_output_(STDOUT_FILENO),
      standard_error_(STDERR_FILENO),
      progress_wanted_(settings.verbosity != Verbosity::quiet && ::isatty(STDERR_FILENO)) {
  const auto color = settings.color ? spdlog::color_mode::automatic : spdlog::color_mode::never;
  log_ = std::make_shared<spdlog::logger>(
      // One of its own for each console: the last words of a run need none that another holds.
      "mnist-demo", std::make_shared<spdlog::sinks::stderr_color_sink_st>(color));
  log_->set_pattern(settings.stamped ? "%Y-%m-%d %H:%M:%S.%e %^%l%$: %v" : "%^%l%$: %v");
  log_->set_level(settings.verbosity == Verbosity::quiet     ? spdlog::level::warn
                  : settings.verbosity == Verbosity::verbose ? spdlog::level::debug
                                                             : spdlog::level::info);
}

Console::~Console() { clear_progress(); }

void Console::line(std::string_view text) {
  if (settings_.verbosity == Verbosity::quiet) return;
  clear_progress();
  (settings_.json_on_stdout ? standard_error_ : standard_output_).write(printable(text) + "\n");
}

void Console::json(std::string_view object) { standard_output_.write(object); }

void Console::debug(std::string_view text) { log(Level::debug, text); }
void Console::info(std::string_view text) { log(Level::info, text); }
void Console::warning(const std::string& text) { log(Level::warning, text); }

void Console::check(const Check& check) {
  log(check.outcome == Outcome::failed   ? Level::error
      : check.outcome == Outcome::warned ? Level::warning
                                         : Level::debug,
      check_line(check));
}

void Console::verdict(const Verdict& verdict) {
  log_->set_level(spdlog::level::info);
  log(verdict.code == ExitCode::passed ? Level::info : Level::error, one_line(verdict));
}

void Console::fetching(const std::string& name, std::uint64_t bytes,
                       const std::filesystem::path& folder) {
  info("fetching " + name + " (" + std::to_string(bytes / 1000) + " kB) into " + folder.string());
}

void Console::mirror_failed(const std::string& file, const std::string& reason) {
  debug(file + " from " + reason);
}

void Console::downloaded(const std::string& file, std::uint64_t bytes) {
  line("Successfully downloaded " + file + " " + std::to_string(bytes) + " bytes.");
}

void Console::extracting(const std::filesystem::path& file) { line("Extracting " + file.string()); }

void Console::progress(std::uint64_t received, std::uint64_t total) {
  if (!progress_wanted_ || total == 0) return;
  std::string text = "\rdownloading: " + std::to_string(received / 1000) + " of " +
                     std::to_string(total / 1000) + " kB";
  text.resize(progress_width + 1, ' ');
  standard_error_.write(text);
  progress_shown_ = true;
}

void Console::clear_progress() {
  if (!progress_shown_) return;
  standard_error_.write("\r" + std::string(progress_width, ' ') + "\r");
  progress_shown_ = false;
}

void Console::log(Level level, std::string_view text) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                  spdlog::level::warn, spdlog::level::err};
  clear_progress();
  log_->log(levels[static_cast<int>(level)], "{}", printable(text));
}

}  // namespace mnist
