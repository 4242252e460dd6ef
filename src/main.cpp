// The walk: options, data, network, engine, training, reports, exit code.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdlib>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "dataset/obtain.hpp"
#include "dataset/sha256.hpp"
#include "machine/processors.hpp"
#include "make_engine.hpp"
#include "network/named_networks.hpp"
#include "options.hpp"
#include "report/closing_lines.hpp"
#include "report/console.hpp"
#include "report/device_lines.hpp"
#include "report/json.hpp"
#include "training/trainer.hpp"
#include "versions.hpp"

namespace mnist {
namespace {

// With batches of 100 more threads cost more in waiting than they bring.
constexpr int most_threads_by_default = 16;

// A file opened later must not become our standard output. Opened for reading, so that a write
// fails and is noticed.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) == -1) ::open("/dev/null", O_RDONLY);
}

std::string name_of(Precision precision) { return precision == Precision::tf32 ? "tf32" : "fp32"; }

std::string settings_line(const Options& options, int threads) {
  return "settings: model " + options.model + ", max_steps " + std::to_string(options.max_steps) +
         ", batch_size " + std::to_string(options.batch_size) + ", learning_rate " +
         shortest_decimal(options.learning_rate) + ", dropout " +
         shortest_decimal(options.dropout.value_or(default_keep(options.model))) + ", eval_every " +
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

// Of the values as little-endian 32-bit floats in the plan's order.
std::string parameters_sha256(const std::vector<float>& parameters) {
  std::vector<std::byte> bytes;
  bytes.reserve(parameters.size() * sizeof(float));
  for (const float parameter : parameters)
    for (int shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<std::byte>(std::bit_cast<std::uint32_t>(parameter) >> shift));
  return sha256_hex(bytes);
}

TrainingData obtain_data(const Options& options, int threads, Console& console) {
  return obtain({.choice = options.dataset,
                 .folder = options.data_dir,
                 .further_folders = options.further_data_dirs,
                 .mirrors = options.mirrors,
                 .threads = threads},
                console);
}

// The GPU that was asked for, after telling of all.
Gpu meet_gpus(const ChosenDevice& device, const Machine& machine, Console& console) {
  const std::vector<Gpu> gpus = visible_gpus();
  for (const Gpu& gpu : gpus)
    for (const std::string& line : found_lines(gpu)) console.info(line);
  const Gpu& gpu = gpu_numbered(device.gpu, gpus, machine.environment);
  require_cuda_libraries(machine);
  console.info(creating_line(gpu));
  return gpu;
}

std::unique_ptr<Engine> prepare_engine(const Options& options, const ChosenDevice& device,
                                       Precision precision, int threads, const Machine& machine,
                                       const TrainingData& data) {
  const NetworkPlan network = plan(named_network(
      options.model, data.training.image, options.dropout.value_or(default_keep(options.model))));
  auto engine = make_engine(device,
                            {.network = network,
                             .batch_size = options.batch_size,
                             .seed = options.seed,
                             .precision = precision},
                            threads, machine);
  engine->load(data.training, data.test);
  engine->restore(initial_state(network, options.seed));
  return engine;
}

DeviceFacts facts(const Description& description, Precision precision, const Machine& machine,
                  const std::optional<Gpu>& gpu) {
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

// The verdict of a run that came to its end.
Verdict judge(const Options& options, const ChosenDevice& device, const RunResult& result) {
  const double accuracy = *result.final_accuracy;
  if (options.min_accuracy && accuracy < *options.min_accuracy)
    throw Error(ExitCode::accuracy_too_low,
                "the final accuracy is " + shortest_decimal(accuracy) + ", and at least " +
                    shortest_decimal(*options.min_accuracy) + " was asked for",
                "train longer (--max_steps), or ask for less (--min_accuracy)");
  const bool on_cpu_instead =
      options.device.kind == DeviceKind::automatic && device.kind == DeviceKind::cpu;
  std::string evidence = on_cpu_instead ? "on the CPU: no GPU was tested"
                                        : "with accuracy " + shortest_decimal(accuracy) +
                                              " after " + std::to_string(result.steps) + " steps";
  if (options.dataset == DatasetChoice::automatic && result.dataset->name == "synthetic")
    evidence += ", and on synthetic digits: MNIST could not be fetched";
  return {ExitCode::passed, std::string(cause_of(ExitCode::passed)), evidence, ""};
}

// Fills `result` as far as the run comes; throws what ends it.
void run(const Options& options, const Machine& machine, Console& console, RunResult& result) {
  const int threads = options.threads > 0
                          ? options.threads
                          : std::min(usable_processors(machine), most_threads_by_default);
  console.debug(settings_line(options, threads));
  if (!options.log_dir.empty())
    console.warning("--log_dir: this version writes no summaries, and nothing to " +
                    options.log_dir);
  const ChosenDevice device = choose_device(options.device, look_around(machine));
  if (!device.warning.empty()) console.warning(device.warning);
  std::optional<Gpu> gpu;
  if (device.kind == DeviceKind::cuda) gpu = meet_gpus(device, machine, console);
  const auto [precision, precision_warning] = choose_precision(options.precision, gpu);
  if (!precision_warning.empty()) console.warning(precision_warning);

  Stopwatch watch;
  const TrainingData data = obtain_data(options, threads, console);
  result.timings.data = watch.seconds();
  result.dataset = {data.name, data.sha256, data.training.size(), data.test.size()};
  console.info(data_line(data));

  watch.restart();
  const auto engine = prepare_engine(options, device, precision, threads, machine, data);
  result.timings.engine = watch.seconds();
  const Description description = engine->describe();
  result.devices = {facts(description, precision, machine, gpu)};
  console.info(device_line(result.devices.front()));
  for (const std::string& part : description.recorded) console.debug("recorded " + part);

  train(*engine,
        {.max_steps = options.max_steps,
         .eval_every = options.eval_every,
         .learning_rate = options.learning_rate,
         .batch_size = options.batch_size,
         .seed = options.seed,
         .training_images = data.training.size()},
        result, [&console](std::uint64_t step, const Score& score) {
          console.line(accuracy_line(step, score.accuracy()));
        });
  result.parameters_sha256 = parameters_sha256(engine->state().parameters);
  result.verdict = judge(options, device, result);
}

// --list_devices: fills `result` with every GPU; throws where there is none.
void list_devices(Console& console, RunResult& result) {
  for (const Gpu& gpu : visible_gpus()) {
    for (const std::string& line : found_lines(gpu)) console.line(line);
    DeviceFacts device;
    device.engine = "cuda";
    device.name = gpu.name;
    device.gpu = gpu;
    result.devices.push_back(device);
  }
  result.verdict = {ExitCode::passed, std::string(cause_of(ExitCode::passed)),
                    "with " + std::to_string(result.devices.size()) +
                        (result.devices.size() == 1 ? " GPU" : " GPUs") + " listed, none tested",
                    ""};
}

// A result that does not arrive turns a pass into a failure, and hides no other cause.
void report_lost(const std::exception& failure, Verdict& verdict, Console& console) {
  if (verdict.code == ExitCode::passed)
    verdict = verdict_of(failure);
  else
    console.warning(failure.what());
}

// At the door: hours of training must not end in a path that was mistyped.
void require_writable_json(const Options& options) {
  if (options.json.empty() || options.json == "-") return;
  if (const std::string obstacle = write_obstacle(options.json); !obstacle.empty())
    throw Error(ExitCode::usage, "--json: cannot write " + options.json + ": " + obstacle,
                "name a file that can be written, or - for standard output");
}

void write_json(const Options& options, const RunResult& result, Console& console) {
  if (options.json == "-")
    console.json(to_json(result));
  else if (!options.json.empty())
    write_whole_file(options.json, to_json(result));
}

Error lost_output(const std::string& failure) {
  return Error(ExitCode::failed, "standard output could not be written: " + failure,
               "look at where standard output goes: a full disk, or a reader that left");
}

ExitCode run_and_report(const Options& options, const Machine& machine, const Stopwatch& total) {
  Console console({.verbosity = options.verbosity,
                   .color = options.color,
                   .json_on_stdout = options.json == "-"});
  RunResult result;
  result.seed = options.seed;
  result.model = options.model;
  result.requested_device = options.device.text;
  try {
    if (options.list_devices)
      list_devices(console, result);
    else
      run(options, machine, console, result);
  } catch (const Error& failure) {
    result.verdict = verdict_of(failure);
    console.debug(std::string("noticed at ") + failure.where().file_name() + ":" +
                  std::to_string(failure.where().line()));
  } catch (const std::exception& failure) {
    result.verdict = verdict_of(failure);
  }
  result.timings.total = total.seconds();
  if (result.final_accuracy)
    for (const std::string& line : closing_lines(result)) console.line(line);
  const bool lines_lost = !console.output_failure().empty();
  if (lines_lost) report_lost(lost_output(console.output_failure()), result.verdict, console);
  try {
    write_json(options, result, console);
    if (!lines_lost && !console.output_failure().empty())
      throw lost_output(console.output_failure());
  } catch (const std::exception& failure) {
    report_lost(failure, result.verdict, console);
  }
  console.verdict(result.verdict);
  return result.verdict.code;
}

ExitCode print(const std::string& text) {
  LineOutput output(STDOUT_FILENO);
  output.write(text);
  if (!output.failure().empty()) throw lost_output(output.failure());
  return ExitCode::passed;
}

ExitCode start(std::span<const char* const> arguments) {
  const Stopwatch total;
  const Machine machine{.root = "/",
                        .environment = [](const char* name) { return std::getenv(name); }};
  const Options options = parse_options(arguments, machine.environment);
  if (options.help) return print(help_text());
  if (options.version) return print(version_text());
  require_writable_json(options);
  // --device cuda:N counts as nvidia-smi does. CUDA reads this once, when it is first called.
  ::setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", /*overwrite=*/0);
  return run_and_report(options, machine, total);
}

}  // namespace
}  // namespace mnist

int main(int argc, char** argv) {
  mnist::occupy_closed_streams();
  // A reader that left, and a file that may grow no further, are met where the write fails.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  try {
    return static_cast<int>(mnist::start(words.subspan(argc > 0 ? 1 : 0)));
  } catch (const std::exception& failure) {
    const mnist::Verdict verdict = mnist::verdict_of(failure);
    mnist::Console({.color = false}).verdict(verdict);
    return static_cast<int>(verdict.code);
  }
}
