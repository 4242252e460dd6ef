#include "program.hpp"

#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "ending.hpp"
#include "options.hpp"
#include "report/closing_lines.hpp"
#include "report/console.hpp"
#include "report/output.hpp"
#include "report/reports.hpp"
#include "versions.hpp"
#include "walk.hpp"

namespace mnist {
namespace {

Error lost_output(const std::string& failure) {
  return Error(ExitCode::failed, "standard output could not be written: " + failure,
               "look at where standard output goes: a full disk, or a reader that left");
}

ExitCode print(const std::string& text) {
  LineOutput output(STDOUT_FILENO);
  output.write(text);
  if (!output.failure().empty()) throw lost_output(output.failure());
  return ExitCode::passed;
}

ConsoleSettings console_settings(const Options& options) {
  return {.verbosity = options.verbosity,
          .color = options.color,
          .json_on_stdout = options.json == "-"};
}

RunResult start_of(const Options& options, const Machine& machine) {
  RunResult result;
  result.version = MNIST_DEMO_VERSION;
  result.seed = options.seed;
  result.model = options.model;
  result.requested_device = options.device.text;
  result.place = look_up_place(machine);
  return result;
}

ReportPaths report_paths(const Options& options) {
  return {.json = options.json,
          .junit = options.junit,
          .metrics = options.metrics,
          .termination_log = !options.one_of_several};
}

// A report that does not arrive turns a pass into a failure, and hides no other cause.
void report_lost(const Verdict& lost, Verdict& verdict, Console& console) {
  if (verdict.code == ExitCode::passed)
    verdict = lost;
  else
    console.warning(lost.evidence);
}

// Prints and writes all that is known. The verdict comes last, and with it the code.
ExitCode report(RunResult result, const Options& options, const Machine& machine,
                Console& console) {
  for (const std::string& line : closing_lines(result)) console.line(line);
  const auto lost_lines = [&] { return verdict_of(lost_output(console.output_failure())); };
  const bool lines_lost = !console.output_failure().empty();
  if (lines_lost) report_lost(lost_lines(), result.verdict, console);
  for (const Verdict& lost : write_reports(result, report_paths(options), machine, console))
    report_lost(lost, result.verdict, console);
  if (!lines_lost && !console.output_failure().empty())
    report_lost(lost_lines(), result.verdict, console);
  console.verdict(result.verdict);
  return result.verdict.code;
}

// What is known of a run that was told to end and did not.
RunResult abandoned(ExitCode why, const LiveResult& live, const Walk& walk,
                    const Stopwatch& total) {
  RunResult result = live.copy();
  result.health = walk.health();
  result.timings.total = total.seconds();
  const Error told = told_to_end(why, result);
  result.verdict = verdict_of(
      Error(why, std::string(told.what()) + ", and nothing came back: the call it waits for hangs",
            "look for an Xid in dmesg; a GPU that hangs wants a reset, or its node a restart"));
  return result;
}

ExitCode run_and_report(const Options& options, const Machine& machine, const Stopwatch& total) {
  require_writable(report_paths(options));
  Console console(console_settings(options));
  LiveResult live(start_of(options, machine));
  Walk walk(options, machine, console, live);
  // The abandoned run may hold the console for ever, so what tells of it has one of its own.
  Ending ending(options.deadline_seconds, [&](ExitCode why) {
    Console last_words(console_settings(options));
    report(abandoned(why, live, walk, total), options, machine, last_words);
  });
  walk.go(ending);
  live.change([&](RunResult& result) { result.timings.total = total.seconds(); });
  ending.claim(live.own().verdict.code);
  return report(live.own(), options, machine, console);
}

}  // namespace

ExitCode run_program(std::span<const char* const> arguments, const Machine& machine) {
  const Stopwatch total;
  const Options options = parse_options(arguments, machine.environment);
  if (options.help) return print(help_text());
  if (options.version) return print(version_text());
  // --device cuda:N counts as nvidia-smi does. CUDA reads this once, when it is first called.
  ::setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", /*overwrite=*/0);
  return run_and_report(options, machine, total);
}

}  // namespace mnist
