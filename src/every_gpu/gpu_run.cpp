#include "every_gpu/gpu_run.hpp"

#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

namespace mnist {
namespace {

using Json = nlohmann::json;

template <class Value>
std::optional<Value> value_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->get<Value>();
}

bool is_known(int code) { return cause_of(static_cast<ExitCode>(code)) != "unknown"; }

// Takes what the result says into `run`; whether it is one.
bool read_result(const std::string& text, GpuRun& run) {
  const Json result = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!result.is_object()) return false;
  try {
    const Json& verdict = result.at("verdict");
    const int code = verdict.at("code").get<int>();
    if (!is_known(code)) return false;
    run.verdict = {static_cast<ExitCode>(code), verdict.at("cause").get<std::string>(),
                   value_in<std::string>(verdict, "evidence").value_or(""),
                   value_in<std::string>(verdict, "remedy").value_or("")};
    run.final_accuracy = value_in<double>(result, "final_accuracy");
    run.parameters_sha256 = value_in<std::string>(result, "parameters_sha256");
    // NVML's name of a part of a GPU says less than CUDA's.
    if (const Json& devices = result.at("devices"); !devices.empty())
      run.gpu.name = devices.at(0).at("name").get<std::string>();
  } catch (const Json::exception&) {
    return false;
  }
  return true;
}

Verdict failed(ExitCode code, std::string evidence, std::string remedy) {
  return {code, std::string(cause_of(code)), std::move(evidence), std::move(remedy)};
}

Verdict ended_by_signal(int signal) {
  const char* remedy = "look in dmesg for an Xid, and run it on this GPU alone (--device cuda:N)";
  if (signal == SIGKILL) remedy = "look in dmesg whether memory ran out; give the container more";
  if (signal == SIGTERM || signal == SIGINT) remedy = "run it again: somebody ended it";
  return failed(ExitCode::failed,
                "its process was ended by signal " + std::to_string(signal) + " (" +
                    ::strsignal(signal) + ")",
                remedy);
}

// Of a process that wrote no result.
Verdict without_result(int exit_status, const std::string& last_line) {
  const bool passed_or_unknown = exit_status == 0 || !is_known(exit_status);
  return failed(passed_or_unknown ? ExitCode::failed : static_cast<ExitCode>(exit_status),
                "its process ended with " + std::to_string(exit_status) +
                    " and no result that can be read" + (last_line.empty() ? "" : ": " + last_line),
                "run it on this GPU alone (--device cuda:N) to see all that it says");
}

}  // namespace

GpuRun gpu_run(const Gpu& gpu, const ChildEnd& end, const std::string& json,
               const std::string& last_line) {
  GpuRun run;
  run.gpu = gpu;
  run.json = json;
  const bool has_result = read_result(json, run);
  if (!has_result) run.json.clear();
  // What failed before it ended badly is the cause.
  if (has_result && run.verdict.code != ExitCode::passed) return run;
  if (end.signal)
    run.verdict = ended_by_signal(*end.signal);
  else if (!end.exit_status)
    run.verdict = failed(ExitCode::failed, "nobody can tell how its process ended",
                         "do not start this program with SIGCHLD ignored");
  else if (!has_result || *end.exit_status != 0)
    run.verdict = without_result(*end.exit_status, last_line);
  return run;
}

}  // namespace mnist
