// The files that flags name.
#pragma once

#include "options.hpp"
#include "report/reports.hpp"

namespace mnist {

// Those that a run is to write, and those that it reads and none of them may replace.
ReportPaths report_paths(const Options& options);

}  // namespace mnist
