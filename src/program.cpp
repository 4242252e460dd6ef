#include "program.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

#include "artifacts.hpp"
#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "command_line.hpp"
#include "conclusion.hpp"
#include "ending.hpp"
#include "every_gpu/compare_gpus.hpp"
#include "machine/evidence.hpp"
#include "machine/gpu_failure.hpp"
#include "options.hpp"
#include "predict.hpp"
#include "report/closing_lines.hpp"
#include "report/console.hpp"
#include "report/output.hpp"
#include "report_paths.hpp"
#include "summaries/summaries.hpp"
#include "verdict/diagnosis.hpp"
#include "verdict/health.hpp"
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
          .unicode = options.unicode,
          .live = options.live_terminal,
          .stamped = !options.one_of_several,
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

// A report that does not arrive turns a pass into a failure, and hides no other cause.
void report_lost(const Verdict& lost, Verdict& verdict, Console& console) {
  if (verdict.code == ExitCode::passed)
    verdict = lost;
  else
    console.warning(lost.evidence);
}

// Prints and writes all that is known. The verdict comes last, and with it the code.
ExitCode report(RunResult result, const Options& options, const Machine& machine, Console& console,
                const std::vector<ResultWriter>& others = {}) {
  const auto say = [&] {
    console.curve(result.curve);
    for (const std::string& line : closing_lines(result)) console.line(line);
  };
  // No pass is one whose lines are lost; what failed has its reports first, as lines may wait for
  // ever.
  const bool passed = result.verdict.code == ExitCode::passed;
  if (passed) say();
  const auto lost_lines = [&] { return verdict_of(lost_output(console.output_failure())); };
  const bool lines_lost = !console.output_failure().empty();
  if (lines_lost) report_lost(lost_lines(), result.verdict, console);
  for (const Verdict& lost : write_reports(result, report_paths(options), machine, console, others))
    report_lost(lost, result.verdict, console);
  if (!passed) say();
  if (!lines_lost && !console.output_failure().empty())
    report_lost(lost_lines(), result.verdict, console);
  console.verdict(result.verdict);
  return result.verdict.code;
}

// With processes of its own a run waits for what they have to say, and they have to notice, too.
double grace_seconds(const LiveResult& live) {
  return Ending::usual_grace_seconds + (live.copy().phase == trying_every_gpu
                                            ? static_cast<double>(grace_of_each_gpu.count())
                                            : 0);
}

// Whether a write to one of our own streams would wait.
bool output_is_blocked() {
  pollfd streams[]{{STDOUT_FILENO, POLLOUT, 0}, {STDERR_FILENO, POLLOUT, 0}};
  return ::poll(streams, std::size(streams), 0) < static_cast<int>(std::size(streams));
}

// Of a run that did not notice that it was told to end.
Verdict overdue_verdict(ExitCode why, const Options& options, const RunResult& result) {
  const bool on_cpu = options.device.kind == DeviceKind::cpu ||
                      (!result.devices.empty() && !result.devices.front().gpu);
  Verdict verdict = verdict_of(told_to_end(why, result));
  verdict.evidence += ", and nothing came back";
  if (output_is_blocked()) {
    verdict.cause = "output that nobody takes";
    verdict.remedy = "look where standard output and standard error go: a pipe that nobody reads";
  } else if (result.phase == getting_the_data) {
    verdict.cause = "data that does not come";
    verdict.remedy = "look at the mirror (--mirror), the network, and the disk of --data_dir";
  } else if (!on_cpu) {
    verdict.cause = "a GPU that hangs";
    verdict.remedy =
        "look for an Xid in dmesg; a GPU that hangs wants a reset, or its node a restart";
  }
  return verdict;
}

// What is known of a run that was told to end and did not.
RunResult abandoned(ExitCode why, bool overdue, const Options& options, const LiveResult& live,
                    const Walk& walk) {
  RunResult result = live.copy();
  if (result.verdict.code != ExitCode::passed) return result;  // known, and being looked into
  result.health = walk.health();
  const auto add = [&](std::vector<Check> checks) {
    checks = held_to(options, std::move(checks));
    result.checks.insert(result.checks.end(), checks.begin(), checks.end());
  };
  if (result.health) add(judge_health(*result.health));
  add(compare_gpus(result.gpu_runs, why));
  result.verdict = verdict_of(result.checks)
                       .value_or(overdue ? overdue_verdict(why, options, result)
                                         : verdict_of(told_to_end(why, result)));
  return result;
}

Verdict cut_short(ExitCode code, const RunResult& result) {
  if (result.verdict.code == code) return result.verdict;
  return verdict_of(Error(code, "the run was told to end while its reports were written",
                          "look where they go: a pipe that nobody reads, a disk that hangs"));
}

ExitCode run_and_report(const Options& options, const Machine& machine, const Stopwatch& total) {
  // First, since other files may lie in it, and none may be where it is to be.
  if (!options.log_dir.empty()) make_summary_folders(options.log_dir);
  require_writable(report_paths(options));
  Console console(console_settings(options));
  LiveResult live(start_of(options, machine));
  Artifacts artifacts(console);
  Walk walk(options, machine, console, live, artifacts);
  // The run may hold its console for ever, so what tells of its end has one of its own.
  Ending ending({.deadline_seconds = options.deadline_seconds,
                 .grace_seconds = [&] { return grace_seconds(live); }},
                {.abandon =
                     [&](ExitCode why, bool overdue) {
                       ConsoleSettings settings = console_settings(options);
                       settings.takes_over = true;
                       Console last_words(settings);
                       RunResult result = abandoned(why, overdue, options, live, walk);
                       result.timings.total = total.seconds();
                       return report(std::move(result), options, machine, last_words);
                     },
                 .cut_short =
                     [&](ExitCode code) {
                       Console(console_settings(options)).verdict(cut_short(code, live.copy()));
                     }});
  walk.go(ending);
  live.change([&](RunResult& result) { result.timings.total = total.seconds(); });
  RunResult result = live.own();
  if (artifacts.lost() && result.verdict.code == ExitCode::passed)
    result.verdict = *artifacts.lost();
  live.change([&](RunResult& to) { to.verdict = result.verdict; });
  ending.claim(result.verdict.code);
  return report(std::move(result), options, machine, console, artifacts.writers());
}

// What a GPU refuses is looked into, as in a run.
Verdict verdict_of_prediction(const Options& options, const Machine& machine, Console& console) {
  try {
    return predict(options, machine, console);
  } catch (const GpuFailure& failure) {
    const Evidence evidence = look_up_evidence(machine);
    for (const std::string& line : evidence_lines(evidence)) console.debug("evidence: " + line);
    return diagnose(failure.facts(), evidence);
  }
}

ExitCode predict_and_report(const Options& options, const Machine& machine) {
  Console console(console_settings(options));
  Verdict verdict = verdict_of_prediction(options, machine, console);
  if (!console.output_failure().empty())
    report_lost(verdict_of(lost_output(console.output_failure())), verdict, console);
  console.verdict(verdict);
  return verdict.code;
}

ExitCode run(std::span<const char* const> arguments, const Machine& machine) {
  const Stopwatch total;
  const Options options = parse_options(arguments, machine.environment);
  if (options.help) return print(help_text());
  if (options.version) return print(version_text());
  // --device cuda:N counts as nvidia-smi does. CUDA reads this once, when it is first called.
  ::setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", /*overwrite=*/0);
  if (!options.predict.empty()) return predict_and_report(options, machine);
  return run_and_report(options, machine, total);
}

}  // namespace

ExitCode run_program(std::span<const char* const> arguments, const Machine& machine) {
  try {
    return run(arguments, machine);
  } catch (const std::exception& failure) {
    const Verdict verdict = verdict_of(failure);
    Console({.color = false}).verdict(verdict);
    return verdict.code;
  }
}

}  // namespace mnist
