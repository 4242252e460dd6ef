// Flags and environment to one plain struct, read once; and of a run that goes on from a
// checkpoint, that.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset/obtain.hpp"
#include "engine/engine.hpp"
#include "machine/machine.hpp"
#include "report/console.hpp"
#include "verdict/bandwidth.hpp"

namespace mnist {

// `all`: every GPU, each in a process of its own.
enum class DeviceKind { automatic, cpu, cuda, all };

struct DeviceChoice {
  DeviceKind kind = DeviceKind::automatic;
  int gpu = 0;                // of cuda
  std::string text = "auto";  // as it was asked for
  bool operator==(const DeviceChoice&) const = default;
};

struct Options {
  std::vector<std::string> given;  // the flags as they were given, each "--name=value"

  bool help = false;
  bool version = false;
  bool list_devices = false;

  DatasetChoice dataset = DatasetChoice::automatic;
  std::filesystem::path data_dir;
  std::vector<std::filesystem::path> further_data_dirs;  // read where data_dir lacks the files
  std::vector<std::string> mirrors;

  std::string model = "lenet";
  std::uint64_t max_steps = 1000;
  float learning_rate = 0.001f;
  std::optional<float> dropout;  // keep probability; absent: the network's own
  int batch_size = 100;
  std::uint64_t eval_every = 10;
  std::uint64_t seed = 0;

  DeviceChoice device;
  Precision precision = Precision::fp32;
  int threads = 0;  // 0: as many as this machine lets the process use
  std::optional<double> min_accuracy;

  bool preflight = false;    // everything but the data and the training
  bool strict = false;       // warnings are failures
  std::uint64_t repeat = 1;  // rounds of training
  double soak_seconds = 0;   // that the training goes on at least
  std::optional<std::uint64_t> expected_gpus;
  bool bandwidth = false;  // measure it; so it is where there are limits
  BandwidthLimits bandwidth_limits;
  std::optional<double> deadline_seconds;  // of the whole run

  // A process that --device all started, whose parent reports for it: MNIST_DEMO_ONE_OF_SEVERAL.
  bool one_of_several = false;

  // A run goes on from `resume`, and keeps its network in the others.
  std::string resume;                 // each is a path, or empty for none
  std::exception_ptr resume_damaged;  // the Error that says how, where it is
  std::string checkpoint;
  std::uint64_t checkpoint_every = 0;  // steps; 0: only where the training ends
  std::vector<std::string> exports;    // paths in .onnx or .safetensors

  // Pictures whose digits are asked for, instead of a training, and the network to ask.
  std::vector<std::string> predict;
  std::string model_file;

  // Each is a path, or empty for none.
  std::string json;  // "-" is standard output
  std::string junit;
  std::string metrics;
  std::string trace;
  std::string page;  // HTML
  std::string log_dir;
  Verbosity verbosity = Verbosity::normal;
  bool color = true;
  bool unicode = false;       // the locale's characters are UTF-8
  bool live_terminal = true;  // a terminal, where there is one, can take back what it shows

  bool operator==(const Options&) const = default;
};

// `arguments` without the program's own name. Throws Error(usage) that names the flag (or the
// variable), what was given and what is expected, or with both where a flag contradicts the
// checkpoint that the run is to go on from. Where that is none, the run says so: it has reports to
// write. Asked for help or version it looks no further than the flags.
Options parse_options(std::span<const char* const> arguments, const Environment& environment);

// What a process that tries one GPU of several is told of the flags given: all but those that are
// for the whole run (the device, the reports, how many GPUs there are to be, the deadline: two that
// pass at once would count as a second signal, see ending.hpp).
std::vector<std::string> flags_for_one_gpu(const Options& options);

}  // namespace mnist
