// The reports of a run: which were asked for, whether they can be written, and writing them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/whole_file.hpp"
#include "machine/machine.hpp"
#include "report/console.hpp"
#include "report/result.hpp"

namespace mnist {

// A file that a flag names.
struct NamedFile {
  std::string flag;
  std::string path;
  Writing how = Writing::in_any_way;  // it is to be written
};

// A file that the run reads, and that no report may replace.
struct InputFile {
  std::string what;  // it is: "a file of the data set"
  std::string path;
  std::string replaced_by = {};  // but for that of this flag
};

// Something besides the reports that is to tell of the verdict.
struct ResultWriter {
  std::string path;  // of the file that it replaces as a whole; empty where it does something else
  std::function<void(const RunResult&)> write;
};

// Files; empty where none is wanted.
struct ReportPaths {
  std::string json = {};                  // or "-" for standard output
  std::string junit = {};                 // JUnit XML
  std::string metrics = {};               // "*.prom" is a textfile, anything else OpenMetrics
  std::vector<NamedFile> artifacts = {};  // written by others, and only looked at here
  std::vector<InputFile> inputs = {};     // likewise
  bool termination_log = true;            // /dev/termination-log, where Kubernetes gave one
};

// Throws Error(usage), naming the flag, where a file cannot be written as far as that can be told
// beforehand, where two would go to one, and where one would replace what the run reads: hours of
// training must not end in a path that was mistyped.
void require_writable(const ReportPaths& paths);

// Writes each report, whole or not at all, has all of `others` write what is theirs, and goes on
// where one cannot be written; `result` goes to the termination log where the run was in Kubernetes
// and the log is there. Returns a verdict for each that could not be: the first is the run's, had
// it passed, and the others already tell it so. A run that failed keeps its own verdict.
std::vector<Verdict> write_reports(const RunResult& result, const ReportPaths& paths,
                                   const Machine& machine, Console& console,
                                   const std::vector<ResultWriter>& others = {});

}  // namespace mnist
