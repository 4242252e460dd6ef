#include "report/reports.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "base/error.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"
#include "report/metrics.hpp"
#include "report/termination_message.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr const char* standard_output = "-";

struct Report : NamedFile {
  std::function<std::string(const RunResult&)> render;
};

std::string metrics_for(const std::string& path, const RunResult& result) {
  return to_metrics(
      result, path.ends_with(".prom") ? MetricsFormat::textfile : MetricsFormat::open_metrics);
}

// Those that flags ask for.
std::vector<Report> asked_for(const ReportPaths& paths) {
  std::vector<Report> reports{
      {{"--json", paths.json}, to_json},
      {{"--junit", paths.junit}, to_junit},
      {{"--metrics", paths.metrics},
       [path = paths.metrics](const RunResult& result) { return metrics_for(path, result); }}};
  std::erase_if(reports, [](const Report& report) { return report.path.empty(); });
  return reports;
}

bool to_standard_output(const NamedFile& file) { return file.path == standard_output; }

fs::path path_of(const NamedFile& file) {
  return to_standard_output(file) ? fs::path("/dev/stdout") : fs::path(file.path);
}

bool is_one_file(const fs::path& first, const fs::path& second) {
  struct stat one {};
  struct stat other {};
  if (!::stat(first.c_str(), &one) && !::stat(second.c_str(), &other))
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
  std::error_code unresolved;
  const fs::path resolved = fs::weakly_canonical(fs::absolute(first), unresolved);
  return !unresolved && resolved == fs::weakly_canonical(fs::absolute(second), unresolved);
}

std::string remedy_for(const NamedFile& file) {
  if (file.flag == "--json") return "name a file that can be written, or - for standard output";
  if (file.how == Writing::by_rename)
    return "name a file that another can be renamed over: no pipe, no device, none that is a mount";
  return "name a file that can be written";
}

void require_writable(const NamedFile& file) {
  if (to_standard_output(file) && file.flag == "--json") return;
  if (to_standard_output(file))
    throw Error(ExitCode::usage, file.flag + ": standard output is for --json alone",
                "name a file");
  if (const std::string obstacle = write_obstacle(file.path, file.how); !obstacle.empty())
    throw Error(ExitCode::usage, file.flag + ": cannot write " + file.path + ": " + obstacle,
                remedy_for(file));
}

void write(const Report& report, const RunResult& result, Console& console) {
  const std::string content = report.render(result);
  if (!to_standard_output(report)) return write_whole_file(report.path, content);
  const bool lost_already = !console.output_failure().empty();  // and told of already
  console.json(content);
  if (!lost_already && !console.output_failure().empty())
    throw Error(ExitCode::failed,
                "standard output could not be written: " + console.output_failure(),
                "look at where standard output goes: a full disk, or a reader that left");
}

// A file that is written again holds the later content alone; a stream would hold both.
bool is_replaceable(const ResultWriter& writer) {
  if (writer.path.empty()) return false;
  for (const char* own_stream : {"/dev/stdout", "/dev/stderr"})
    if (is_one_file(writer.path, own_stream)) return false;
  std::error_code unknown;
  const fs::file_status status = fs::status(writer.path, unknown);
  return !fs::exists(status) || fs::is_regular_file(status);
}

}  // namespace

void require_writable(const ReportPaths& paths) {
  const std::vector<Report> reports = asked_for(paths);
  std::vector<NamedFile> files(reports.begin(), reports.end());
  std::ranges::copy_if(paths.artifacts, std::back_inserter(files),
                       [](const NamedFile& file) { return !file.path.empty(); });
  for (auto file = files.begin(); file != files.end(); ++file) {
    require_writable(*file);
    for (auto other = files.begin(); other != file; ++other)
      if (is_one_file(path_of(*other), path_of(*file)))
        throw Error(ExitCode::usage,
                    file->flag + ": " + file->path + " is where " + other->flag + " goes",
                    "name another file");
    for (const InputFile& input : paths.inputs)
      if (file->flag != input.replaced_by && is_one_file(path_of(*file), input.path))
        throw Error(ExitCode::usage, file->flag + ": " + file->path + " is " + input.what,
                    "name another file");
  }
}

std::vector<Verdict> write_reports(const RunResult& result, const ReportPaths& paths,
                                   const Machine& machine, Console& console,
                                   const std::vector<ResultWriter>& others) {
  std::vector<Report> reports = asked_for(paths);
  const fs::path log = machine.root / "dev/termination-log";
  std::error_code unknown;
  if (paths.termination_log && result.place.kubernetes && fs::exists(log, unknown))
    reports.push_back({{"", log.string()}, termination_message});
  std::vector<ResultWriter> outputs;
  for (const Report& report : reports)
    outputs.push_back({to_standard_output(report) ? "" : report.path,
                       [&](const RunResult& told) { write(report, told, console); }});
  std::ranges::copy(others, std::back_inserter(outputs));
  // What can be written again comes first, for what comes later may fail and change the verdict.
  std::vector<ResultWriter> writers;
  for (const bool first : {true, false})
    std::ranges::copy_if(outputs, std::back_inserter(writers), [&](const ResultWriter& writer) {
      return is_replaceable(writer) == first;
    });

  RunResult told = result;
  std::vector<Verdict> failures;
  std::vector<const ResultWriter*> written;
  for (const ResultWriter& writer : writers) {
    try {
      writer.write(told);
      if (is_replaceable(writer)) written.push_back(&writer);
      continue;
    } catch (const std::exception& failure) {
      failures.push_back(verdict_of(failure));
    }
    if (told.verdict.code != ExitCode::passed) continue;
    told.verdict = failures.front();
    for (const ResultWriter* const earlier : written) {
      try {
        earlier->write(told);
      } catch (const std::exception& failure) {
        failures.push_back(verdict_of(failure));
      }
    }
  }
  return failures;
}

}  // namespace mnist
