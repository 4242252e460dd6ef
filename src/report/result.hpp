// What a run learned: the one model that every way of showing it renders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "machine/bandwidth.hpp"
#include "machine/evidence.hpp"
#include "machine/gpu.hpp"
#include "machine/gpu_health.hpp"
#include "machine/place.hpp"
#include "verdict/check.hpp"
#include "verdict/verdict.hpp"

namespace mnist {

struct DatasetFacts {
  std::string name;    // "mnist", "synthetic" or "unknown"
  std::string sha256;  // of the four unpacked IDX files one after the other
  std::size_t training_images = 0;
  std::size_t test_images = 0;
};

struct DeviceFacts {
  std::string engine;                  // "cpu" or "cuda"
  std::string name;                    // the processor's or GPU's own
  std::vector<std::string> libraries;  // "oneDNN 2.6.3", ...
  std::string precision;               // "fp32" or "tf32"
  int threads = 0;                     // 0 where it has no meaning
  std::string instruction_set;         // "AVX-512", ...; empty where it has no meaning
  std::string recording;  // what was recorded to be replayed; empty where it is nothing
  std::optional<Gpu> gpu = std::nullopt;  // where it is one
};

struct CurvePoint {
  std::uint64_t step = 0;  // updates done
  double accuracy = 0;     // on the whole test set
};

// Wall-clock seconds; absent where the run did not come that far.
struct Timings {
  std::optional<double> checks;      // of the device's numbers, before training
  std::optional<double> data;        // until the data set was loaded
  std::optional<double> engine;      // setting the engine up and giving it the data
  std::optional<double> training;    // steps, without evaluations
  std::optional<double> evaluation;  // over the test set, all of them together
  std::optional<double> total;       // since the program started
};

// What came of one GPU where each was tried in a process of its own.
struct GpuRun {
  Gpu gpu;
  Verdict verdict;
  std::optional<double> final_accuracy;
  std::optional<std::string> parameters_sha256;
  std::string json;  // the process's whole result; empty where there is none
};

// Filled as the run goes, so that a failed run shows how far it came.
struct RunResult {
  Verdict verdict;
  std::string version;        // of this program: "0.1.0"; empty where nobody asked
  std::string phase;          // what the run was doing last
  std::vector<Check> checks;  // in the order in which they were made
  Place place;
  std::optional<Evidence> evidence;  // looked up where a GPU failed
  std::uint64_t seed = 0;
  std::uint64_t first_step = 0;  // updates done before, by the run that this one went on from
  std::uint64_t steps = 0;       // updates done
  std::string model;
  std::string requested_device;
  std::optional<DatasetFacts> dataset;
  std::vector<DeviceFacts> devices;  // that it ran on, or those that were to be listed
  std::vector<CurvePoint> curve;     // the last point is the final accuracy
  std::optional<double> final_accuracy;
  std::optional<double> final_loss;  // mean over the test set
  std::optional<std::string> parameters_sha256;
  std::optional<double> images_per_second;  // in training, without evaluations
  Timings timings;
  std::uint64_t rounds = 0;  // of training, each from the same start, that came to their end
  std::optional<HealthRecord> health;  // of the GPU that the run used
  std::optional<Bandwidth> bandwidth;  // where it was measured
  std::vector<GpuRun> gpu_runs;        // where every GPU was tried
};

// The GPU that the run used or was about to; null where there was none, or were several.
const Gpu* gpu_of(const RunResult& result);

}  // namespace mnist
