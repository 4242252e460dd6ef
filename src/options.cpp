#include "options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cxxopts.hpp>
#include <limits>
#include <numeric>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "base/error.hpp"
#include "dataset/mirror.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

// Both ends are allowed.
template <class Number>
struct Range {
  Number least;
  Number most;
};

using Count = std::uint64_t;
constexpr Range<Count> step_counts{0, 1'000'000'000};
constexpr Range<Count> batch_sizes{1, 10'000};
constexpr Range<Count> seeds{0, std::numeric_limits<Count>::max()};
constexpr Range<Count> thread_counts{1, 1024};
constexpr Range<Count> gpus{0, 1023};
constexpr Range<float> learning_rates{1e-38f, 3e38f};  // about all that a float can be
// Dropout rounds to 65536ths: far less than this would keep nothing.
constexpr Range<float> keep_probabilities{0.0001f, 1};
constexpr Range<double> accuracies{0, 1};
// As long as Linux lets a path be; keeps absurd words away from the parser's regular expressions,
// whose stack they would overflow.
constexpr std::size_t longest_word = 4096;

constexpr char see_help[] = "mnist-demo --help lists the flags";

// What was given, and where: "--seed", or the name of a variable.
struct Given {
  std::string source;
  std::string text;
};

[[noreturn]] void refuse(const Given& given, const std::string& expected) {
  throw Error(ExitCode::usage, given.source + ": '" + given.text + "' is not " + expected,
              see_help);
}

// The whole of `text` as a number, or nothing.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::string spelled(Count number) { return std::to_string(number); }

std::string spelled(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

template <class Number>
std::string spelled(const Range<Number>& range) {
  return spelled(range.least) + " to " + spelled(range.most);
}

template <class Number>
bool is_in(const Range<Number>& range, const std::optional<Number>& number) {
  return number && *number >= range.least && *number <= range.most;  // nan is in none
}

template <class Number>
Number number(const Given& given, const Range<Number>& range) {
  const auto number = whole_number<Number>(given.text);
  if (is_in(range, number)) return *number;
  std::string expected = "a number from " + spelled(range);
  if constexpr (std::is_integral_v<Number>)
    expected = "a whole number from " + spelled(range);
  else if (is_in<long double>({range.least, range.most}, whole_number<long double>(given.text)))
    expected += " that fits in " + std::to_string(8 * sizeof(Number)) + " bits";  // 1e-400
  refuse(given, expected);
}

bool boolean(const Given& given) {
  if (given.text != "true" && given.text != "false") refuse(given, "true or false");
  return given.text == "true";
}

// A value that looks like a flag is a value forgotten: --json --quiet.
std::string path(const Given& given) {
  if (given.text.empty() || given.text.starts_with("--"))
    refuse(given, "a path (write ./-- where a name begins with --)");
  return given.text;
}

std::string mirror(const Given& given) {
  if (!is_mirror_url(given.text))
    refuse(given, "the URL of a folder: http://, https:// or file://, and no query");
  return given.text;
}

std::string model(const Given& given) {
  const auto names = network_names();
  if (!std::ranges::count(names, given.text)) {
    std::string list;
    for (const std::string_view name : names)
      list += (list.empty() ? "" : " or ") + std::string(name);
    refuse(given, list);
  }
  return given.text;
}

DatasetChoice dataset(const Given& given) {
  if (given.text == "auto") return DatasetChoice::automatic;
  if (given.text == "mnist") return DatasetChoice::mnist;
  if (given.text == "synthetic") return DatasetChoice::synthetic;
  refuse(given, "auto, mnist or synthetic");
}

DeviceChoice device(const Given& given) {
  constexpr std::string_view numbered = "cuda:";
  if (given.text == "auto") return {DeviceKind::automatic, 0, given.text};
  if (given.text == "cpu") return {DeviceKind::cpu, 0, given.text};
  if (given.text == "cuda") return {DeviceKind::cuda, 0, given.text};
  if (given.text.starts_with(numbered)) {
    const auto gpu = whole_number<unsigned>(std::string_view(given.text).substr(numbered.size()));
    if (gpu && *gpu <= gpus.most) return {DeviceKind::cuda, static_cast<int>(*gpu), given.text};
  }
  refuse(given, "auto, cpu, cuda or cuda:N with N from " + spelled(gpus));
}

Precision precision(const Given& given) {
  if (given.text == "fp32") return Precision::fp32;
  if (given.text == "tf32") return Precision::tf32;
  refuse(given, "fp32 or tf32");
}

// What flags say before the environment and the defaults fill the gaps.
struct Flags {
  Options options;
  std::optional<DatasetChoice> dataset;
  std::optional<DeviceChoice> device;
  bool fake_data = false;
  bool quiet = false;
  bool verbose = false;
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
    {"device", "NAME", "auto, cpu, cuda or cuda:N; cuda never falls back to the CPU (default $MNIST_DEMO_DEVICE, else auto)",
     [](Flags& f, const Given& g) { f.device = device(g); }},
    {"precision", "NAME", "fp32, or tf32: factors rounded to 10 bits, faster on GPUs of compute capability 8.0 and above (default fp32)",
     [](Flags& f, const Given& g) { f.options.precision = precision(g); }},
    {"threads", "N", "threads of the CPU engine, " + spelled(thread_counts) + " (default: the processors this process may use, at most 16)",
     [](Flags& f, const Given& g) { f.options.threads = static_cast<int>(number(g, thread_counts)); }},
    {"min_accuracy", "X", "exit 31 where the final accuracy is below X, " + spelled(accuracies),
     [](Flags& f, const Given& g) { f.options.min_accuracy = number(g, accuracies); }},
    {"json", "FILE", "write the result as one JSON object; - is standard output",
     [](Flags& f, const Given& g) { f.options.json = path(g); }},
    {"log_dir", "DIR", "accepted and not used: this version writes no summaries",
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
      if (argument.key() == flag.name) flag.set(result, {"--" + argument.key(), argument.value()});
  if (!parsed.unmatched().empty()) refuse_word(parsed.unmatched().front());
  return result;
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

}  // namespace

Options parse_options(std::span<const char* const> arguments, const Environment& environment) {
  Flags given = parse_flags(arguments);
  Options options = std::move(given.options);
  if (options.help || options.version) return options;

  if (given.verbose) options.verbosity = Verbosity::verbose;
  if (given.quiet) options.verbosity = Verbosity::quiet;
  if (given.fake_data && given.dataset == DatasetChoice::mnist)
    throw Error(ExitCode::usage, "--fake_data and --dataset mnist contradict each other",
                "give one of the two");
  options.dataset =
      given.fake_data ? DatasetChoice::synthetic : given.dataset.value_or(DatasetChoice::automatic);

  if (given.device)
    options.device = *given.device;
  else if (const char* value = variable(environment, "MNIST_DEMO_DEVICE"))
    options.device = device({"MNIST_DEMO_DEVICE", value});
  if (options.precision == Precision::tf32 && options.device.kind == DeviceKind::cpu)
    throw Error(ExitCode::usage, "--precision tf32: the CPU, which was asked for, has only fp32",
                "give --precision fp32, or --device cuda");

  if (options.data_dir.empty()) {
    const char* value = variable(environment, "MNIST_DEMO_DATA_DIR");
    options.data_dir = value ? fs::path(value) : cache_folder(environment);
    // Where the program that this one takes the place of kept the same files.
    options.further_data_dirs = {"/tmp/tensorflow/mnist/input_data", "/tmp/tensorflow/input_data"};
  }
  options.color = variable(environment, "NO_COLOR") == nullptr;
  return options;
}

std::string help_text() { return parser().help(); }

}  // namespace mnist
