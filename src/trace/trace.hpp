// Where the time of a run went, as a Chrome trace: --trace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/stopwatch.hpp"
#include "training/artifact.hpp"

namespace mnist {

// Writes JSON in the Trace Event Format, for ui.perfetto.dev and chrome://tracing: a row for the
// phases of the run, one for the calls of the engine, and one for what the device did in the steps
// that were timed. Its time begins when it is made.
//
// The device's clock is not ours, so the parts of a timed step are placed to end where the call
// did: they are as long as the device says, and late by no more than the call took besides.
class Trace : public Artifact {
 public:
  // Calls and parts together, at some 100 bytes each; the others are counted. A long run is to end
  // with a file that a browser can open.
  static constexpr std::size_t most_slices = 100'000;

  explicit Trace(std::filesystem::path file) : file_(std::move(file)) {}

  std::string file() const override { return file_.string(); }
  void entered(const std::string& phase) override;
  void called(const EngineCall& call) override;
  void timed(std::uint64_t step, const TimedStep& timed, Engine& engine) override;
  void write(const RunResult& result) override;

 private:
  enum class Row { phases = 1, calls, device };

  // In seconds.
  struct Slice {
    Row row = Row::phases;
    std::string name;
    double start = 0;
    double end = 0;
    std::uint64_t step = 0;  // of calls and parts, the first
    std::size_t steps = 0;   // of a call that trains
  };

  void add(Slice slice);
  std::string text(const RunResult& result) const;

  std::filesystem::path file_;
  Stopwatch watch_;
  std::vector<Slice> phases_;  // the last one has no end yet
  std::vector<Slice> slices_;  // in the order in which they ended
  std::size_t left_out_ = 0;
  double call_end_ = 0;  // of the last call
};

}  // namespace mnist
