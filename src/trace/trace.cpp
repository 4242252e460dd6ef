#include "trace/trace.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/whole_file.hpp"

namespace mnist {
namespace {

using Json = nlohmann::ordered_json;

constexpr int process = 1;

const char* name_of(EngineCall::Verb verb) {
  switch (verb) {
    case EngineCall::Verb::train:
      return "steps";
    case EngineCall::Verb::train_timed:
      return "timed step";
    default:
      return "evaluation";
  }
}

// The format counts in microseconds. Rounded so that what ends where another begins still does.
std::int64_t nanoseconds(double seconds) { return std::llround(1e9 * seconds); }
double microseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

// A GPU's name may hold any bytes.
std::string line_of(const Json& event) {
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void Trace::entered(const std::string& phase) {
  const double now = watch_.seconds();
  if (!phases_.empty()) phases_.back().end = now;
  phases_.push_back({.row = Row::phases, .name = phase, .start = now});
}

void Trace::called(const EngineCall& call) {
  call_end_ = watch_.seconds();
  add({.row = Row::calls,
       .name = name_of(call.verb),
       .start = call_end_ - call.seconds,
       .end = call_end_,
       .step = call.step,
       .steps = call.steps});
}

void Trace::timed(std::uint64_t step, const TimedStep& timed, Engine&) {
  if (timed.parts.empty()) return;
  const TimedPart& last = timed.parts.back();
  const double step_start = call_end_ - (last.start_seconds + last.seconds);
  for (const TimedPart& part : timed.parts) {
    const double start = step_start + part.start_seconds;
    add({.row = Row::device,
         .name = part.name,
         .start = start,
         .end = start + part.seconds,
         .step = step});
  }
}

void Trace::write(const RunResult& result) {
  if (!phases_.empty()) phases_.back().end = watch_.seconds();
  write_whole_file(file_, text(result));
}

void Trace::add(Slice slice) {
  if (slices_.size() < most_slices)
    slices_.push_back(std::move(slice));
  else
    ++left_out_;
}

std::string Trace::text(const RunResult& result) const {
  std::string text = "{\"displayTimeUnit\": \"ms\",\n\"otherData\": ";
  text += line_of({{"program", "mnist-demo " + result.version},
                   {"result", one_line(result.verdict)},
                   {"calls and parts left out", std::to_string(left_out_)}});
  text += ",\n\"traceEvents\": [\n";
  const auto call = [&](const char* what, Row row, const std::string& name) {
    text += line_of({{"ph", "M"},
                     {"name", what},
                     {"pid", process},
                     {"tid", static_cast<int>(row)},
                     {"args", {{"name", name}}}}) +
            ",\n";
  };
  call("process_name", Row::phases, "mnist-demo");
  call("thread_name", Row::phases, "phases");
  call("thread_name", Row::calls, "calls of the engine");
  for (const DeviceFacts& device : result.devices)
    call("thread_name", Row::device,
         device.engine == "cpu" ? "CPU, the team's first thread" : device.name);
  for (const auto* slices : {&phases_, &slices_})
    for (const Slice& slice : *slices) {
      const std::int64_t start = nanoseconds(slice.start);
      Json event{{"ph", "X"},
                 {"name", slice.name},
                 {"pid", process},
                 {"tid", static_cast<int>(slice.row)},
                 {"ts", microseconds(start)},
                 {"dur", microseconds(nanoseconds(slice.end) - start)}};
      if (slice.row != Row::phases) event["args"]["step"] = slice.step;
      if (slice.steps > 0) event["args"]["steps"] = slice.steps;
      text += line_of(event) + ",\n";
    }
  text.replace(text.size() - 2, 2, "\n]}\n");
  return text;
}

}  // namespace mnist
