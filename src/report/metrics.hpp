// The result as metrics, for Prometheus and what reads its format.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// textfile: what Prometheus's node exporter collects from files. open_metrics: with its closing
// line.
enum class MetricsFormat { textfile, open_metrics };

std::string to_metrics(const RunResult& result, MetricsFormat format);

}  // namespace mnist
