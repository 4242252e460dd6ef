#include "run_facts.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataset/sha256.hpp"
#include "machine/processors.hpp"
#include "network/named_networks.hpp"
#include "report/closing_lines.hpp"

namespace mnist {
namespace {

std::string name_of(Precision precision) { return precision == Precision::tf32 ? "tf32" : "fp32"; }

}  // namespace

float keep_probability(const Options& options) {
  return options.dropout.value_or(default_keep(options.model));
}

std::string settings_line(const Options& options, int threads) {
  return "settings: model " + options.model + ", max_steps " + std::to_string(options.max_steps) +
         ", batch_size " + std::to_string(options.batch_size) + ", learning_rate " +
         shortest_decimal(options.learning_rate) + ", dropout " +
         shortest_decimal(keep_probability(options)) + ", eval_every " +
         std::to_string(options.eval_every) + ", seed " + std::to_string(options.seed) +
         ", device " + options.device.text + ", precision " + name_of(options.precision) +
         ", threads " + std::to_string(threads) + ", data_dir " + options.data_dir.string();
}

std::string data_line(const TrainingData& data) {
  return "data set: " + data.name + ", " + std::to_string(data.training.size()) + " + " +
         std::to_string(data.test.size()) + " images of " +
         std::to_string(data.training.image.height) + " x " +
         std::to_string(data.training.image.width) + ", SHA-256 " + data.sha256;
}

std::string parameters_sha256(const std::vector<float>& parameters) {
  std::vector<std::byte> bytes;
  bytes.reserve(parameters.size() * sizeof(float));
  for (const float parameter : parameters)
    for (int shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<std::byte>(std::bit_cast<std::uint32_t>(parameter) >> shift));
  return sha256_hex(bytes);
}

std::uint64_t reached_step(const RunResult& result) { return result.first_step + result.steps; }

TrainingProgress training_progress(const Options& options, const RunResult& result,
                                   double seconds) {
  TrainingProgress progress;
  progress.steps = reached_step(result);
  // A soak goes on for at least its time, and ends with a whole round.
  if (options.soak_seconds > 0) {
    progress.share = seconds / options.soak_seconds;
    progress.seconds_left = std::max(options.soak_seconds - seconds, 0.0);
  } else {
    const std::uint64_t total = (options.max_steps - result.first_step) * options.repeat;
    progress.total_steps = result.first_step + total;
    progress.share = total > 0 ? static_cast<double>(result.steps) / static_cast<double>(total) : 1;
    constexpr double settled = 0.5;  // before, nobody knows
    if (seconds > settled && progress.share > 0)
      progress.seconds_left = seconds / progress.share - seconds;
  }
  if (!result.curve.empty()) progress.accuracy = result.curve.back().accuracy;
  if (result.timings.training.value_or(0) > 0)
    progress.images_per_second =
        static_cast<double>(result.steps) * options.batch_size / *result.timings.training;
  return progress;
}

DeviceFacts device_facts(const Description& description, Precision precision,
                         const Machine& machine, const std::optional<Gpu>& gpu) {
  return {.engine = description.engine,
          // An engine reads no files, and the processor's name stands in one.
          .name = gpu ? description.device : processor_name(machine),
          .libraries = description.libraries,
          .precision = name_of(precision),
          .threads = description.threads,
          .instruction_set = description.instruction_set,
          .recording = description.recording,
          .gpu = gpu};
}

DeviceFacts listed_device(const Gpu& gpu) {
  DeviceFacts device;
  device.engine = "cuda";
  device.name = gpu.name;
  device.gpu = gpu;
  return device;
}

}  // namespace mnist
