// render_results FOLDER: writes sample results in every format, for the readers of the formats.
#include <filesystem>
#include <map>

#include "base/whole_file.hpp"
#include "report/json.hpp"
#include "report/junit.hpp"
#include "report/metrics.hpp"
#include "report/sample_results.hpp"

namespace mnist {
namespace {

// A run on the CPU that nothing is wrong with.
RunResult passed_result() {
  RunResult result;
  result.verdict = {ExitCode::passed, "passed", "with accuracy 0.9786 after 1000 steps", ""};
  result.model = "lenet";
  result.final_accuracy = 0.9786;
  return result;
}

// Ended before it could do anything.
RunResult empty_result() {
  RunResult result;
  result.verdict = {ExitCode::failed, "failed", "", ""};
  return result;
}

RunResult unwatched_result() {
  RunResult result = full_result();
  result.health = HealthRecord{};
  result.health->absence = "libnvidia-ml.so.1: cannot open shared object file";
  return result;
}

std::map<std::string, RunResult> results() {
  return {{"empty", empty_result()},         {"passed", passed_result()},
          {"full", full_result()},           {"two_gpus", two_gpu_result()},
          {"unwatched", unwatched_result()}, {"hostile", hostile_result()}};
}

}  // namespace
}  // namespace mnist

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  for (const auto& [name, result] : mnist::results()) {
    const auto write = [&, path = folder / name](const char* ending, const std::string& content) {
      mnist::write_whole_file(path.string() + ending, content);
    };
    write(".json", mnist::to_json(result));
    write(".xml", mnist::to_junit(result));
    write(".prom", mnist::to_metrics(result, mnist::MetricsFormat::textfile));
    write(".openmetrics", mnist::to_metrics(result, mnist::MetricsFormat::open_metrics));
  }
}
