#include "options.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "command_line.hpp"
#include "exchange/checkpoint.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// The flag as it was given, or what stands for it; empty where it was left open.
std::string said(const Flags& given, const std::string& name) {
  std::string said;
  for (const std::string& flag : given.options.given)
    if (flag.starts_with("--" + name + "=") || (name == "dataset" && flag == "--fake_data=true"))
      said = flag.ends_with("=auto") ? "" : flag;
  return said;
}

// What flags leave open is as in the run that --resume goes on from; an engine that is asked for
// takes of it what it has.
void take_from_checkpoint(Flags& given) {
  const std::string file = given.options.resume;
  const CheckpointFile checkpoint(file);
  Metadata settings = checkpoint.settings();
  const std::string engine = settings.at("engine");
  if (!given.device || given.device->kind == DeviceKind::automatic)
    given.device = device({file, engine});
  if (given.device->kind == DeviceKind::cpu && engine != "cpu") settings.erase("precision");
  if (engine != "cpu") settings.erase("threads");
  if (settings.at("dataset") == "unknown") settings.erase("dataset");

  for (const auto& [name, value] : settings) {
    const Flag* const flag = flag_named(name);
    if (flag == nullptr) continue;
    Flags taken = given;
    try {
      flag->set(taken, {name, value});
    } catch (const Error& refusal) {
      throw checkpoint.damaged(std::string("its ") + refusal.what());
    }
    if (const std::string other = said(given, name); !other.empty() && taken != given)
      throw Error(ExitCode::usage,
                  other + " contradicts --resume " + file + ", which has " + name + " " + value,
                  "leave that flag out, or train from the start");
    given = std::move(taken);
  }
  if (checkpoint.step() > given.options.max_steps)
    throw Error(ExitCode::usage,
                "--resume " + file + " is at step " + std::to_string(checkpoint.step()) +
                    ", beyond --max_steps " + std::to_string(given.options.max_steps),
                "give a larger --max_steps, which counts from step 0");
}

// Null where the variable is not set or empty, which shells make the same.
const char* variable(const Environment& environment, const char* name) {
  const char* value = environment(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

// The XDG base directory specification has relative paths ignored.
fs::path cache_folder(const Environment& environment) {
  const char* cache = variable(environment, "XDG_CACHE_HOME");
  if (cache && fs::path(cache).is_absolute()) return fs::path(cache) / "mnist-demo";
  const char* home = variable(environment, "HOME");
  if (home && fs::path(home).is_absolute()) return fs::path(home) / ".cache" / "mnist-demo";
  const char* temporary = variable(environment, "TMPDIR");
  return fs::path(temporary ? temporary : "/tmp") / ("mnist-demo-" + std::to_string(::getuid()));
}

// As POSIX ranks the variables; the names of UTF-8 are spelled in many ways.
bool has_unicode_locale(const Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = variable(environment, name)) {
      std::string letters;
      for (const char c : std::string_view(value))
        if (c != '-') letters += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      return letters.find("utf8") != std::string::npos;
    }
  return false;
}

// A prediction looks at a few flags only.
void require_prediction_alone(const Options& options) {
  if (options.predict.empty() && options.model_file.empty()) return;
  if (options.predict.empty())
    throw Error(ExitCode::usage, "--model_file is for --predict, which names no picture",
                "give --predict IMAGE, too");
  if (options.model_file.empty())
    throw Error(ExitCode::usage, "--predict has no network",
                "give --model_file FILE, as --checkpoint or --export wrote it");
  constexpr std::string_view of_a_prediction[] = {"predict", "model_file", "device",
                                                  "threads", "quiet",      "verbose"};
  for (const std::string& flag : options.given) {
    const std::string name = table_name(flag);
    if (!std::ranges::count(of_a_prediction, name))
      throw Error(ExitCode::usage,
                  "--predict and --" + name + " contradict each other: a prediction trains nothing",
                  "give one of the two");
  }
}

// What was asked for and would not be looked at could make a pass that is none.
void require_consistent(const Options& options) {
  const auto refuse_together = [](const std::string& flag, const std::string& other,
                                  const std::string& why) {
    throw Error(ExitCode::usage, flag + " and " + other + " contradict each other: " + why,
                "give one of the two");
  };
  if (options.checkpoint_every > 0 && options.checkpoint.empty())
    throw Error(ExitCode::usage, "--checkpoint_every names no file for its checkpoints",
                "give --checkpoint FILE, too");
  const std::pair<const char*, bool> of_one_training[] = {
      {"--resume", !options.resume.empty()},  {"--checkpoint", !options.checkpoint.empty()},
      {"--export", !options.exports.empty()}, {"--page", !options.page.empty()},
      {"--trace", !options.trace.empty()},    {"--log_dir", !options.log_dir.empty()}};
  for (const auto& [flag, given] : of_one_training) {
    if (given && options.preflight)
      refuse_together("--preflight", flag, "a preflight trains nothing");
    if (given && options.list_devices)
      refuse_together("--list_devices", flag, "a list of devices trains nothing");
    if (given && options.device.kind == DeviceKind::all)
      refuse_together("--device all", flag, "each GPU has a process of its own");
  }
  if (options.preflight) {
    const std::string why = "a preflight trains nothing";
    if (options.min_accuracy) refuse_together("--preflight", "--min_accuracy", why);
    if (options.repeat > 1) refuse_together("--preflight", "--repeat", why);
    if (options.soak_seconds > 0) refuse_together("--preflight", "--soak", why);
  }
  if (options.device.kind == DeviceKind::all && !options.predict.empty())
    refuse_together("--device all", "--predict", "one device is enough");
  if (options.device.kind == DeviceKind::cpu) {
    const std::string device = "--device cpu";
    if (options.precision == Precision::tf32)
      refuse_together("--precision tf32", device, "the CPU has only fp32");
    if (options.preflight) refuse_together("--preflight", device, "it is a GPU that it looks at");
    if (options.bandwidth)
      refuse_together("--bandwidth, or a least rate,", device, "it is the GPU's that is measured");
    if (options.expected_gpus.value_or(0) > 0)
      refuse_together("--expect_gpus", device, "it looks for no GPU");
  }
}

}  // namespace

Options parse_options(std::span<const char* const> arguments, const Environment& environment) {
  Flags given = parse_flags(arguments);
  if (given.options.help || given.options.version) return given.options;
  require_prediction_alone(given.options);

  if (given.fake_data && given.dataset == DatasetChoice::mnist)
    throw Error(ExitCode::usage, "--fake_data and --dataset mnist contradict each other",
                "give one of the two");
  if (given.fake_data) given.dataset = DatasetChoice::synthetic;
  // The variable, which images set, is for runs: for a picture or two the CPU is enough.
  if (const char* value = variable(environment, "MNIST_DEMO_DEVICE");
      value && !given.device && given.options.predict.empty())
    given.device = device({"MNIST_DEMO_DEVICE", value});
  if (!given.options.resume.empty()) {
    try {
      take_from_checkpoint(given);
    } catch (const Error& refusal) {
      if (refusal.code() != ExitCode::data_damaged) throw;
      given.options.resume_damaged = std::current_exception();
    }
  }

  Options options = std::move(given.options);
  if (given.verbose) options.verbosity = Verbosity::verbose;
  if (given.quiet) options.verbosity = Verbosity::quiet;
  options.dataset = given.dataset.value_or(DatasetChoice::automatic);
  options.device = given.device.value_or(DeviceChoice());
  const BandwidthLimits& limits = options.bandwidth_limits;
  if (limits.host_to_device_gbps || limits.device_to_device_gbps || limits.product_tflops)
    options.bandwidth = true;

  require_consistent(options);

  if (options.data_dir.empty()) {
    const char* value = variable(environment, "MNIST_DEMO_DATA_DIR");
    options.data_dir = value ? fs::path(value) : cache_folder(environment);
    // Where the program that this one takes the place of kept the same files.
    options.further_data_dirs = {"/tmp/tensorflow/mnist/input_data", "/tmp/tensorflow/input_data"};
  }
  options.color = variable(environment, "NO_COLOR") == nullptr;
  options.unicode = has_unicode_locale(environment);
  const char* terminal = variable(environment, "TERM");
  options.live_terminal = terminal && std::string_view(terminal) != "dumb";
  options.one_of_several = variable(environment, "MNIST_DEMO_ONE_OF_SEVERAL") != nullptr;
  return options;
}

std::vector<std::string> flags_for_one_gpu(const Options& options) {
  constexpr std::string_view of_the_whole_run[] = {
      "--device=", "--expect_gpus=", "--deadline=", "--json=",
      "--junit=",  "--metrics=",     "--quiet=",    "--verbose="};
  std::vector<std::string> kept;
  for (const std::string& flag : options.given)
    if (std::ranges::none_of(of_the_whole_run,
                             [&](std::string_view name) { return flag.starts_with(name); }))
      kept.push_back(flag);
  return kept;
}

}  // namespace mnist
