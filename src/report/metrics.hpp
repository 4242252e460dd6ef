// The result as metrics, for Prometheus and what reads its format.
#pragma once

#include <string>

#include "report/result.hpp"

namespace mnist {

// textfile: what Prometheus's node exporter collects from files. open_metrics: with its closing
// line.
enum class MetricsFormat { textfile, open_metrics };

// Gauges named mnist_demo_*, in base units and without timestamps, of what is known; what is not
// finite counts as unknown. Those of a GPU are named mnist_demo_gpu_*, bear its UUID, its name as
// `model`, the node and the pod, and tell of the time that the run used it.
std::string to_metrics(const RunResult& result, MetricsFormat format);

}  // namespace mnist
