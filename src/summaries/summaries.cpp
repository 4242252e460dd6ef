#include "summaries/summaries.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <numeric>
#include <system_error>
#include <variant>

#include "base/error.hpp"
#include "dataset/sample_order.hpp"
#include "picture/png.hpp"
#include "summaries/distribution.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t images_shown = 10;
constexpr std::size_t most_looked_into = 100;

// Each adds a value to a summary.
void add_scalar(std::string_view tag, double value, ProtobufWriter& summary) {
  summary.message(1, ProtobufWriter().bytes(1, tag).float32(2, static_cast<float>(value)));
}

void add_histogram(std::string_view tag, const Distribution& values, ProtobufWriter& summary) {
  constexpr std::size_t count = Distribution::bucket_count;
  std::array<double, count> limits;
  const double width = (double{values.max} - double{values.min}) / count;
  for (std::size_t i = 0; i < count; ++i)
    limits[i] = values.min + width * static_cast<double>(i + 1);
  limits.back() = values.max;
  std::array<double, count> counts;
  std::ranges::copy(values.buckets, counts.begin());
  const ProtobufWriter histogram = ProtobufWriter()
                                       .float64(1, values.min)
                                       .float64(2, values.max)
                                       .float64(3, static_cast<double>(values.count))
                                       .float64(4, values.sum)
                                       .float64(5, values.sum_of_squares)
                                       .packed(6, limits)
                                       .packed(7, counts);
  summary.message(1, ProtobufWriter().bytes(1, tag).message(5, histogram));
}

ProtobufWriter parameter_summary(const std::string& scope, std::span<const float> values) {
  const Distribution distribution = distribution_of(values);
  ProtobufWriter summary;
  add_scalar(scope + "/summaries/mean", distribution.mean(), summary);
  add_scalar(scope + "/summaries/stddev", distribution.standard_deviation(), summary);
  add_scalar(scope + "/summaries/max", distribution.max, summary);
  add_scalar(scope + "/summaries/min", distribution.min, summary);
  add_histogram(scope + "/summaries/histogram", distribution, summary);
  return summary;
}

void add_image(std::size_t number, const Dataset& set, std::size_t index, ProtobufWriter& summary) {
  const auto pixels = std::span(set.pixels).subspan(index * set.image.size(), set.image.size());
  constexpr int grey = 1;
  const ProtobufWriter image = ProtobufWriter()
                                   .varint(1, set.image.height)
                                   .varint(2, set.image.width)
                                   .varint(3, grey)
                                   .bytes(4, png_of(pixels, set.image.width, set.image.height));
  const std::string tag = "input_reshape/input/image/" + std::to_string(number);
  summary.message(1, ProtobufWriter().bytes(1, tag).message(4, image));
}

ProtobufWriter images_summary(const Dataset& set, std::span<const std::uint32_t> samples) {
  ProtobufWriter summary;
  for (std::size_t i = 0; i < std::min(images_shown, samples.size()); ++i)
    add_image(i, set, samples[i], summary);
  return summary;
}

ProtobufWriter images_of_first_batch(const Dataset& set, const TrainingSettings& settings) {
  SampleOrder order(settings.seed, set.size(), static_cast<std::size_t>(settings.batch_size));
  return images_summary(set, order.batches(0, 1));
}

ProtobufWriter first_images(const Dataset& set) {
  std::vector<std::uint32_t> samples(set.size());
  std::iota(samples.begin(), samples.end(), 0u);
  return images_summary(set, samples);
}

std::vector<std::uint8_t> pixels_of_first(std::size_t most, const Dataset& set) {
  const std::size_t count = std::min(most, set.size()) * set.image.size();
  return {set.pixels.begin(), set.pixels.begin() + static_cast<std::ptrdiff_t>(count)};
}

ProtobufWriter scores(double loss, double accuracy) {
  ProtobufWriter summary;
  add_scalar("cross_entropy", loss, summary);
  add_scalar("accuracy", accuracy, summary);
  return summary;
}

using SummaryPart = std::function<ProtobufWriter()>;

// On two threads, since training waits meanwhile.
std::vector<ProtobufWriter> make_all(const std::vector<SummaryPart>& parts) {
  std::vector<ProtobufWriter> made(parts.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t part; (part = next++) < parts.size();) made[part] = parts[part]();
  };
  std::future<void> helper = std::async(std::launch::async, work);
  work();
  helper.get();
  return made;
}

std::vector<HyperParameter> hyper_parameters(const NetworkPlan& network,
                                             const TrainingSettings& settings, float keep) {
  return {{"model", network.name},
          {"max_steps", static_cast<double>(settings.max_steps)},
          {"batch_size", static_cast<double>(settings.batch_size)},
          {"learning_rate", settings.learning_rate},
          {"dropout", keep},
          {"seed", static_cast<double>(settings.seed)}};
}

}  // namespace

void make_summary_folders(const fs::path& folder) {
  for (const char* run : {"train", "test"}) {
    const fs::path made = folder / run;
    std::error_code failure;
    fs::create_directories(made, failure);
    if (!failure && ::faccessat(AT_FDCWD, made.c_str(), W_OK | X_OK, AT_EACCESS))
      failure = {errno, std::generic_category()};
    if (failure)
      throw Error(ExitCode::usage,
                  "--log_dir: cannot write to " + made.string() + ": " + failure.message(),
                  "name a folder that can be written, or made");
  }
}

Summaries::Summaries(const fs::path& folder, const NetworkPlan& network, const TrainingData& data,
                     const TrainingSettings& settings, float keep, std::uint64_t first_step,
                     Console& console)
    : network_(network),
      settings_(settings),
      keep_(keep),
      console_(console),
      scopes_(scopes_of(network)),
      graph_(graph_of(network, settings.batch_size)),
      training_images_(images_of_first_batch(data.training, settings)),
      test_images_(first_images(data.test)),
      images_looked_into_(pixels_of_first(most_looked_into, data.test)),
      steps_(first_step),
      train_(folder / "train", steps_),
      test_(folder / "test", steps_) {
  train_.add(steps_, EventKind::graph, graph_definition(graph_));
  test_.add(steps_, EventKind::summary, run_begins(hyper_parameters(network, settings, keep)));
  flush();
}

void Summaries::evaluated(std::uint64_t step, const Score& score, Engine& engine) {
  test_.add(step, EventKind::summary, scores(score.loss, score.accuracy()));
  look_at_network(step, engine);
}

void Summaries::trained(std::uint64_t first, std::span<const StepResult> steps, Engine&) {
  for (const StepResult& result : steps) {
    const double accuracy = static_cast<double>(result.correct) / settings_.batch_size;
    train_.add(first++, EventKind::summary, scores(result.loss, accuracy));
  }
  steps_ = first;
  flush();
}

void Summaries::timed(std::uint64_t step, const TimedStep& timed, Engine& engine) {
  std::string tag = std::to_string(step);
  tag = "step" + std::string(3 - std::min<std::size_t>(3, tag.size()), '0') + tag;
  const std::string device = engine.describe().engine == "cuda" ? "/device:GPU:0" : "/device:CPU:0";
  train_.add(step, EventKind::run_metadata, run_metadata(graph_, tag, device, timed));
  flush();
  console_.line("Adding run metadata for " + std::to_string(step));
}

void Summaries::end(Engine& engine) {
  if (looked_at_ != steps_) look_at_network(steps_, engine);
}

void Summaries::write(const RunResult& result) {
  if (result.final_loss && result.final_accuracy)
    test_.add(steps_, EventKind::summary, scores(*result.final_loss, *result.final_accuracy));
  test_.add(steps_, EventKind::summary, run_ended(result.verdict.code == ExitCode::passed));
  flush();
}

void Summaries::look_at_network(std::uint64_t step, Engine& engine) {
  const std::vector<float> parameters = engine.parameters();
  engine.outputs(images_looked_into_, outputs_);
  std::vector<SummaryPart> parts;
  for (std::size_t index = 0; index < network_.layers.size(); ++index) {
    const PlannedLayer& layer = network_.layers[index];
    if (layer.weights.size == 0) continue;
    const bool rectified = index + 1 < network_.layers.size() &&
                           std::holds_alternative<Relu>(network_.layers[index + 1].spec);
    const auto add_variable = [&](const char* name, const ParameterRange& range) {
      parts.push_back([scope = scopes_[index] + name,
                       values = std::span(parameters).subspan(range.offset, range.size)] {
        return parameter_summary(scope, values);
      });
    };
    const auto add_outputs = [&](const char* name, const std::vector<float>& values) {
      parts.push_back([tag = scopes_[index] + name, &values] {
        ProtobufWriter summary;
        add_histogram(tag, distribution_of(values), summary);
        return summary;
      });
    };
    add_variable("/weights", layer.weights);
    add_variable("/biases", layer.bias);
    add_outputs("/Wx_plus_b/pre_activations", outputs_[index]);
    add_outputs("/activations", outputs_[rectified ? index + 1 : index]);
  }
  const std::vector<ProtobufWriter> made = make_all(parts);

  for (const auto& [file, keep] : {std::pair(&train_, keep_), std::pair(&test_, 1.0f)}) {
    ProtobufWriter summary;
    add_scalar("dropout_keep_probability", keep, summary);
    file->add(step, EventKind::summary, summary);
    for (const ProtobufWriter& part : made) file->add(step, EventKind::summary, part);
  }
  train_.add(step, EventKind::summary, training_images_);
  test_.add(step, EventKind::summary, test_images_);
  looked_at_ = step;
  flush();
}

void Summaries::flush() {
  train_.flush();
  test_.flush();
}

}  // namespace mnist
