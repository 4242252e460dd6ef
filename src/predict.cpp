#include "predict.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "exchange/model_file.hpp"
#include "make_engine.hpp"
#include "picture/digit_picture.hpp"
#include "picture/read_picture.hpp"

namespace mnist {
namespace {

using Probabilities = std::array<double, class_count>;

std::unique_ptr<Engine> engine_with(TrainedModel model, const Options& options,
                                    const Machine& machine) {
  ChosenDevice device{DeviceKind::cpu, 0, ""};
  if (options.device.kind == DeviceKind::cuda) {
    const Gpu gpu = gpu_numbered(options.device.gpu, visible_gpus(), machine.environment);
    require_cuda_libraries(machine);
    device = {DeviceKind::cuda, gpu.index, ""};
  }
  const int threads = std::max(1, options.threads);  // for a picture at a time one is enough
  auto engine = make_engine(device, {.network = model.network}, threads, machine);
  engine->restore(state_of(std::move(model)));
  return engine;
}

// Softmax.
Probabilities probabilities_of(std::span<const float> logits) {
  const double largest = *std::ranges::max_element(logits);
  Probabilities probabilities{};
  double sum = 0;
  for (std::size_t digit = 0; digit < probabilities.size(); ++digit)
    sum += probabilities[digit] = std::exp(logits[digit] - largest);
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

DigitPicture digit_in(const std::string& path) {
  const DigitPicture picture = digit_picture(read_picture(path));
  if (std::ranges::count(picture, 0) == digit_side * digit_side)
    throw Error(ExitCode::data_damaged,
                path + " shows no ink; expected a digit, dark on light or light on dark",
                "give a picture with more contrast, or one of the digit alone");
  return picture;
}

// Two rows of pixels, ink where it is more than half.
std::string drawn_rows(const DigitPicture& picture, int row, bool unicode) {
  constexpr const char* blocks[] = {" ", "▀", "▄", "█"};
  constexpr const char* ascii[] = {" ", "\"", "_", "#"};
  std::string line;
  for (int column = 0; column < digit_side; ++column) {
    const auto inked = [&](int y) {
      return picture[static_cast<std::size_t>(y * digit_side + column)] >= 128 ? 1 : 0;
    };
    line += (unicode ? blocks : ascii)[inked(row) + 2 * inked(row + 1)];
  }
  return line;
}

// "  7  0.998  ####################"
std::string probability_line(std::size_t digit, double probability) {
  constexpr double longest_bar = 20;
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "  %zu  %.3f", digit, probability);
  const auto bar = static_cast<std::size_t>(std::lround(probability * longest_bar));
  return text.data() + (bar > 0 ? "  " + std::string(bar, '#') : "");
}

void show(const std::string& path, const DigitPicture& picture, const Probabilities& probabilities,
          bool unicode, Console& console) {
  constexpr int lines = digit_side / 2;
  constexpr int lines_above = (lines - class_count) / 2;
  const auto digit = std::ranges::max_element(probabilities) - probabilities.begin();
  console.answer(path + ": " + std::to_string(digit));
  for (int line = 0; line < lines; ++line) {
    const int row = line - lines_above;
    console.line("  |" + drawn_rows(picture, 2 * line, unicode) + "|" +
                 (row >= 0 && row < class_count
                      ? probability_line(static_cast<std::size_t>(row),
                                         probabilities[static_cast<std::size_t>(row)])
                      : ""));
  }
}

}  // namespace

Verdict predict(const Options& options, const Machine& machine, Console& console) {
  const auto engine = engine_with(read_model_file(options.model_file), options, machine);
  std::optional<Verdict> failure;
  for (const std::string& path : options.predict) {
    try {
      const DigitPicture picture = digit_in(path);
      show(path, picture, probabilities_of(engine->infer(picture)), options.unicode, console);
    } catch (const Error& bad_picture) {
      if (bad_picture.code() != ExitCode::data_damaged) throw;
      if (options.predict.size() > 1) console.warning(bad_picture.what());
      if (!failure) failure = verdict_of(bad_picture);
    }
  }
  const std::size_t count = options.predict.size();
  const Verdict passed{ExitCode::passed, std::string(cause_of(ExitCode::passed)),
                       "with " + std::to_string(count) + (count == 1 ? " picture" : " pictures") +
                           " looked at, nothing tested",
                       ""};
  return failure.value_or(passed);
}

}  // namespace mnist
