#include "options.hpp"

#include <unistd.h>

#include <algorithm>
#include <cxxopts.hpp>
#include <limits>
#include <numeric>
#include <string_view>

#include "base/error.hpp"
#include "exchange/checkpoint.hpp"
#include "flag_values.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr Range<Count> step_counts{0, 1'000'000'000};
constexpr Range<Count> batch_sizes{1, 10'000};
constexpr Range<Count> seeds{0, std::numeric_limits<Count>::max()};
constexpr Range<Count> thread_counts{1, 1024};
constexpr Range<float> learning_rates{1e-38f, 3e38f};  // about all that a float can be
// Dropout rounds to 65536ths: far less than this would keep nothing.
constexpr Range<float> keep_probabilities{0.0001f, 1};
constexpr Range<double> accuracies{0, 1};
constexpr Range<Count> round_counts{1, 1'000'000};
constexpr Range<Count> gpu_counts{0, 1024};
constexpr Range<double> durations{0.1, 31'536'000};  // in seconds: up to a year
constexpr Range<double> rates{0, 1e9};
// As long as Linux lets a path be; keeps absurd words away from the parser's regular expressions,
// whose stack they would overflow.
constexpr std::size_t longest_word = 4096;

// What flags say before the environment and the defaults fill the gaps.
struct Flags {
  Options options;
  std::optional<DatasetChoice> dataset;
  std::optional<DeviceChoice> device;
  bool fake_data = false;
  bool quiet = false;
  bool verbose = false;

  bool operator==(const Flags&) const = default;
};

struct Flag {
  const char* name;
  const char* argument;  // shown in the help; null: true or false, and true where nothing is said
  std::string help;
  void (*set)(Flags&, const Given&);
};

// clang-format off
const Flag flags[] = {
    {"dataset", "NAME", "auto: any valid set in the folder, else MNIST by download, else synthetic digits; mnist: the real set only; synthetic: built-in digits (default auto)",
     [](Flags& f, const Given& g) { f.dataset = dataset(g); }},
    {"data_dir", "DIR", "where the data files lie or go (default $MNIST_DEMO_DATA_DIR, else mnist-demo in the user's cache folder)",
     [](Flags& f, const Given& g) { f.options.data_dir = path(g); }},
    {"mirror", "URL", "download from here first; http, https or file; may be given several times",
     [](Flags& f, const Given& g) { f.options.mirrors.push_back(mirror(g)); }},
    {"fake_data", nullptr, "the same as --dataset synthetic",
     [](Flags& f, const Given& g) { f.fake_data = boolean(g); }},
    {"model", "NAME", "lenet or mlp (default lenet)",
     [](Flags& f, const Given& g) { f.options.model = model(g); }},
    {"max_steps", "N", "training steps, " + spelled(step_counts) + " (default 1000)",
     [](Flags& f, const Given& g) { f.options.max_steps = number(g, step_counts); }},
    {"learning_rate", "X", "Adam's learning rate, " + spelled(learning_rates) + " (default 0.001)",
     [](Flags& f, const Given& g) { f.options.learning_rate = number(g, learning_rates); }},
    {"dropout", "X", "probability to KEEP a value of the hidden dense layer in training, " + spelled(keep_probabilities) + " (default 0.9 for mlp, 1 for lenet)",
     [](Flags& f, const Given& g) { f.options.dropout = number(g, keep_probabilities); }},
    {"batch_size", "N", "images in a step, " + spelled(batch_sizes) + " (default 100)",
     [](Flags& f, const Given& g) { f.options.batch_size = static_cast<int>(number(g, batch_sizes)); }},
    {"eval_every", "N", "steps between accuracy lines, " + spelled(step_counts) + "; 0: evaluate only at the end (default 10)",
     [](Flags& f, const Given& g) { f.options.eval_every = number(g, step_counts); }},
    {"seed", "N", "of initial values, sample order and dropout, " + spelled(seeds) + " (default 0)",
     [](Flags& f, const Given& g) { f.options.seed = number(g, seeds); }},
    {"device", "NAME", "auto, cpu, cuda, cuda:N, or all: every GPU in a process of its own; none but auto falls back to the CPU (default $MNIST_DEMO_DEVICE, else auto)",
     [](Flags& f, const Given& g) { f.device = device(g); }},
    {"precision", "NAME", "fp32, or tf32: factors rounded to 10 bits, faster on GPUs of compute capability 8.0 and above (default fp32)",
     [](Flags& f, const Given& g) { f.options.precision = precision(g); }},
    {"threads", "N", "threads of the CPU engine, " + spelled(thread_counts) + " (default: the processors this process may use, at most 16)",
     [](Flags& f, const Given& g) { f.options.threads = static_cast<int>(number(g, thread_counts)); }},
    {"min_accuracy", "X", "exit 31 where the final accuracy is below X, " + spelled(accuracies),
     [](Flags& f, const Given& g) { f.options.min_accuracy = number(g, accuracies); }},
    {"preflight", nullptr, "do all but the training: find the GPU, look at its health, check its numbers",
     [](Flags& f, const Given& g) { f.options.preflight = boolean(g); }},
    {"strict", nullptr, "warnings are failures",
     [](Flags& f, const Given& g) { f.options.strict = boolean(g); }},
    {"repeat", "N", "train N times from the same start, and exit 32 where the parameters differ, " + spelled(round_counts) + " (default 1)",
     [](Flags& f, const Given& g) { f.options.repeat = number(g, round_counts); }},
    {"soak", "SECONDS", "train again and again for at least so long, likewise compared, " + spelled(durations),
     [](Flags& f, const Given& g) { f.options.soak_seconds = number(g, durations); }},
    {"expect_gpus", "N", "exit 10 where fewer GPUs are to be seen, and warn where more are, " + spelled(gpu_counts),
     [](Flags& f, const Given& g) { f.options.expected_gpus = number(g, gpu_counts); }},
    {"bandwidth", nullptr, "measure the GPU's copies and matrix products, beside what its clocks and widths promise",
     [](Flags& f, const Given& g) { f.options.bandwidth = boolean(g); }},
    {"min_h2d", "X", "exit 21 where copies from host to device run at less than X GB/s, " + spelled(rates),
     [](Flags& f, const Given& g) { f.options.bandwidth_limits.host_to_device_gbps = number(g, rates); }},
    {"min_d2d", "X", "exit 21 where copies within the device run at less than X GB/s, read and written, " + spelled(rates),
     [](Flags& f, const Given& g) { f.options.bandwidth_limits.device_to_device_gbps = number(g, rates); }},
    {"min_tflops", "X", "exit 21 where a matrix product runs at less than X TFLOP/s, " + spelled(rates),
     [](Flags& f, const Given& g) { f.options.bandwidth_limits.product_tflops = number(g, rates); }},
    {"deadline", "SECONDS", "exit 50 where the whole run takes longer, " + spelled(durations),
     [](Flags& f, const Given& g) { f.options.deadline_seconds = number(g, durations); }},
    {"checkpoint", "FILE", "keep the network and all that its training goes on from (safetensors)",
     [](Flags& f, const Given& g) { f.options.checkpoint = path(g); }},
    {"checkpoint_every", "N", "steps between checkpoints, " + spelled(step_counts) + "; 0: only where the training ends, or is told to end (default 0)",
     [](Flags& f, const Given& g) { f.options.checkpoint_every = number(g, step_counts); }},
    {"resume", "FILE", "go on from a checkpoint, with its settings, to the step --max_steps",
     [](Flags& f, const Given& g) { f.options.resume = path(g); }},
    {"export", "FILE", "write the trained network: NAME.onnx, or NAME.safetensors for PyTorch; may be given several times",
     [](Flags& f, const Given& g) { f.options.exports.push_back(model_path(g)); }},
    {"predict", "IMAGE...", "say which digit each PNG, JPEG or BMP shows, and train nothing; on the CPU unless --device says otherwise",
     [](Flags& f, const Given& g) { f.options.predict.push_back(path(g)); }},
    {"model_file", "FILE", "the network for --predict: a checkpoint, or an export as safetensors",
     [](Flags& f, const Given& g) { f.options.model_file = path(g); }},
    {"junit", "FILE", "write the checks as JUnit XML",
     [](Flags& f, const Given& g) { f.options.junit = path(g); }},
    {"metrics", "FILE", "write metrics: NAME.prom for Prometheus's node exporter, any other name as OpenMetrics",
     [](Flags& f, const Given& g) { f.options.metrics = path(g); }},
    {"json", "FILE", "write the result as one JSON object; - is standard output",
     [](Flags& f, const Given& g) { f.options.json = path(g); }},
    {"trace", "FILE", "write where the time went, as a Chrome trace, for ui.perfetto.dev",
     [](Flags& f, const Given& g) { f.options.trace = path(g); }},
    {"page", "FILE", "write the run as one HTML page, in which the trained network reads what you draw",
     [](Flags& f, const Given& g) { f.options.page = path(g); }},
    {"log_dir", "DIR", "write what TensorBoard shows of a run to DIR/train and DIR/test",
     [](Flags& f, const Given& g) { f.options.log_dir = path(g); }},
    {"quiet", nullptr, "only warnings and the verdict; wins over --verbose",
     [](Flags& f, const Given& g) { f.quiet = boolean(g); }},
    {"verbose", nullptr, "also settings, what the GPU's graphs consist of, and where in the source an error was noticed",
     [](Flags& f, const Given& g) { f.verbose = boolean(g); }},
    {"list_devices", nullptr, "print what is known of every GPU that CUDA shows, and train nothing; exit 10 where there is none",
     [](Flags& f, const Given& g) { f.options.list_devices = boolean(g); }},
    {"version", nullptr, "print the versions of the program and its libraries",
     [](Flags& f, const Given& g) { f.options.version = boolean(g); }},
    {"help", nullptr, "print this",
     [](Flags& f, const Given& g) { f.options.help = boolean(g); }},
};
// clang-format on

cxxopts::Options parser() {
  cxxopts::Options parser("mnist-demo",
                          "Trains a small network on MNIST and says whether this machine can.");
  parser.custom_help("[flags]");
  parser.allow_unrecognised_options();  // so that it is here that they are refused
  auto add = parser.add_options();
  for (const Flag& flag : flags) {
    // Every value is a string: the parser's own numbers take "0x10" and "1e-3x", and its lists
    // split at commas.
    auto value = cxxopts::value<std::string>();
    if (flag.argument)
      add(flag.name, flag.help, value, flag.argument);
    else
      add(flag.name, flag.help, value->implicit_value("true"), "BOOL");
  }
  return parser;
}

// Single insertions, deletions and replacements that make one of the other (Levenshtein).
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// The name of a flag as the table has it: "max_steps" of "--max-steps=3".
std::string table_name(const std::string& word) {
  std::string name = word.substr(0, word.find('='));
  name.erase(0, std::min<std::size_t>(2, name.size()));
  std::ranges::replace(name, '-', '_');
  return name;
}

[[noreturn]] void refuse_word(const std::string& word) {
  std::string remedy = see_help;
  if (!word.starts_with("-") || word.find_first_not_of('-') == std::string::npos)
    throw Error(ExitCode::usage, "'" + word + "' is neither a flag nor the value of one", remedy);
  const std::string name = table_name("--" + word.substr(word.find_first_not_of('-')));
  const auto distance = [&name](const Flag& flag) { return edits(name, flag.name); };
  const Flag& nearest = *std::ranges::min_element(flags, {}, distance);
  // The parser does not know a flag whose value, after its '=', holds a line feed.
  if (name == nearest.name && word.find('\n') != std::string::npos)
    throw Error(ExitCode::usage, "--" + name + "=: a line feed in its value",
                "give the value as a word of its own, without the '='");
  if (distance(nearest) <= 2) remedy = std::string("did you mean --") + nearest.name + "?";
  throw Error(ExitCode::usage, "there is no flag " + word.substr(0, word.find('=')), remedy);
}

// The words in the one form that the parser knows: '_' in a flag's name, an optional true or false
// joined to its flag, and an empty value where the last one is missing, which is then refused with
// the flag's range. Refuses a word that is no flag here, where it still is as it was typed.
std::vector<std::string> uniform_words(std::span<const char* const> arguments) {
  std::vector<std::string> words{"mnist-demo"};
  bool value_follows = false;
  std::string previous;  // flag
  for (std::string word : arguments) {
    if (word.size() > longest_word)
      throw Error(ExitCode::usage,
                  "a word of " + std::to_string(word.size()) + " characters, '" +
                      word.substr(0, 20) + "...', is longer than any flag or path may be",
                  see_help);
    if (value_follows) {
      words.push_back(std::move(word));
      value_follows = false;
      continue;
    }
    if (previous == "predict" && !word.starts_with("--")) {  // one image more
      words.insert(words.end(), {"--predict", std::move(word)});
      continue;
    }
    if (words.back() == "--fake_data" && (word == "true" || word == "false")) {
      words.back() += "=" + word;
      continue;
    }
    const std::string name = table_name(word);
    const Flag* const flag = std::ranges::find(flags, name, &Flag::name);
    if (!word.starts_with("--") || flag == std::end(flags)) refuse_word(word);
    const std::size_t value = word.find('=');
    words.push_back("--" + name + (value == std::string::npos ? "" : word.substr(value)));
    value_follows = flag->argument && value == std::string::npos;
    previous = name;
  }
  if (value_follows) words.emplace_back();
  return words;
}

cxxopts::ParseResult parse_words(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  try {
    return parser().parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const std::exception& refusal) {  // its exceptions' names differ between versions
    throw Error(ExitCode::usage, refusal.what(), see_help);
  }
}

Flags parse_flags(std::span<const char* const> arguments) {
  const cxxopts::ParseResult parsed = parse_words(uniform_words(arguments));
  Flags result;
  for (const auto& argument : parsed.arguments())
    for (const Flag& flag : flags)
      if (argument.key() == flag.name) {
        flag.set(result, {"--" + argument.key(), argument.value()});
        result.options.given.push_back("--" + argument.key() + "=" + argument.value());
      }
  if (!parsed.unmatched().empty()) refuse_word(parsed.unmatched().front());
  return result;
}

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
    const Flag* const flag = std::ranges::find(flags, name, &Flag::name);
    if (flag == std::end(flags)) continue;
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
  if (const char* value = variable(environment, "MNIST_DEMO_DEVICE"); value && !given.device)
    given.device = device({"MNIST_DEMO_DEVICE", value});
  if (!given.options.resume.empty()) take_from_checkpoint(given);

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

std::string help_text() { return parser().help(); }

}  // namespace mnist
