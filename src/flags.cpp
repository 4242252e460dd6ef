#include "flags.hpp"

#include <algorithm>
#include <limits>

namespace mnist {
namespace {

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
    {"quiet", nullptr, "only warnings, the verdict, and the digits of --predict; wins over --verbose",
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

}  // namespace

std::span<const Flag> every_flag() { return flags; }

const Flag* flag_named(std::string_view name) {
  const Flag* const found = std::ranges::find(flags, name, &Flag::name);
  return found == std::end(flags) ? nullptr : found;
}

}  // namespace mnist
