// The reports of a run: which were asked for, whether they can be written, and writing them.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "report/console.hpp"
#include "report/result.hpp"

namespace mnist {

// A file that a flag asks for.
struct NamedFile {
  std::string flag;
  std::string path;
};

// Files; empty where none is wanted.
struct ReportPaths {
  std::string json = {};                  // or "-" for standard output
  std::string junit = {};                 // JUnit XML
  std::string metrics = {};               // "*.prom" is a textfile, anything else OpenMetrics
  std::vector<NamedFile> artifacts = {};  // written by others, and only looked at here
  bool termination_log = true;            // /dev/termination-log, where Kubernetes gave one
};

// Throws Error(usage), naming the flag, where a file cannot be written as far as that can be told
// beforehand, and where two reports would go to one: hours of training must not end in a path that
// was mistyped.
void require_writable(const ReportPaths& paths);

// Writes each report, whole or not at all, and goes on where one cannot be written; `result` goes
// to the termination log where the run was in Kubernetes and the log is there. Returns a verdict
// for each that could not be: the first is the run's, had it passed, and the other reports already
// tell it so. A run that failed keeps its own verdict.
std::vector<Verdict> write_reports(const RunResult& result, const ReportPaths& paths,
                                   const Machine& machine, Console& console);

}  // namespace mnist
