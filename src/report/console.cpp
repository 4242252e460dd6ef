#include "report/console.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "report/accuracy_plot.hpp"
#include "report/check_lines.hpp"
#include "report/clean_line.hpp"

namespace mnist {
namespace {

// Goes to the line's beginning, and empties the line from there on.
constexpr std::string_view empty_line = "\r\x1b[K";
constexpr double seconds_between_updates = 0.1;

// As wide as it is by now.
int terminal_columns(int terminal) {
  winsize size{};
  constexpr int usual = 80;
  return ::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

// Whose terminal shows progress: where the log goes, or else where the lines go; nothing where
// neither can take it back.
std::optional<int> progress_stream(const ConsoleSettings& settings) {
  if (!settings.live || settings.verbosity == Verbosity::quiet) return std::nullopt;
  if (::isatty(STDERR_FILENO)) return STDERR_FILENO;
  if (::isatty(STDOUT_FILENO) && !settings.json_on_stdout) return STDOUT_FILENO;
  return std::nullopt;
}

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
      progress_stream_(progress_stream(settings)),
      training_wanted_(progress_stream_ && ::isatty(STDOUT_FILENO)),
      progress_shown_(settings.takes_over && training_wanted_) {
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
  if (settings_.verbosity != Verbosity::quiet) answer(text);
}

void Console::answer(std::string_view text) {
  clear_progress();
  lines().write(printable(text) + "\n");
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
  if (!progress_stream_ || total == 0) return;
  show_progress("downloading: " + std::to_string(received / 1000) + " of " +
                std::to_string(total / 1000) + " kB");
}

void Console::training(const std::function<TrainingProgress()>& progress) {
  if (!training_wanted_) return;
  const bool due =
      training_shown_.empty() || since_training_shown_.seconds() >= seconds_between_updates;
  if (!due && progress_shown_) return;
  if (due) {
    training_shown_ = progress_line(progress(), terminal_columns(*progress_stream_),
                                    {.color = settings_.color, .unicode = settings_.unicode});
    since_training_shown_.restart();
  }
  show_progress(training_shown_);
}

void Console::curve(const std::vector<CurvePoint>& curve) {
  if (!training_wanted_) return;
  for (const std::string& text :
       accuracy_plot(curve, terminal_columns(*progress_stream_), settings_.unicode))
    line(text);
}

LineOutput& Console::progress_output() {
  return progress_stream_ == STDOUT_FILENO ? standard_output_ : standard_error_;
}

void Console::show_progress(std::string_view text) {
  progress_output().write(std::string(empty_line) + std::string(text));
  progress_shown_ = true;
}

void Console::clear_progress() {
  if (!progress_shown_) return;
  progress_output().write(empty_line);
  progress_shown_ = false;
}

void Console::log(Level level, std::string_view text) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                  spdlog::level::warn, spdlog::level::err};
  clear_progress();
  log_->log(levels[static_cast<int>(level)], "{}", printable(text));
}

}  // namespace mnist
