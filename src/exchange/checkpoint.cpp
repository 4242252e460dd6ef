#include "exchange/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/whole_file.hpp"
#include "exchange/named_parameters.hpp"

namespace mnist {
namespace {

// A part of the state, and what PyTorch's own Adam calls it.
struct StatePart {
  const char* prefix;
  std::vector<float> TrainingState::*values;
};
constexpr std::array<StatePart, 3> state_parts{{{"", &TrainingState::parameters},
                                                {"exp_avg.", &TrainingState::first_moments},
                                                {"exp_avg_sq.", &TrainingState::second_moments}}};

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Metadata& settings,
                      const NetworkPlan& network, const TrainingState& state) {
  std::vector<Tensor> tensors;
  for (const auto& [prefix, values] : state_parts) {
    if (!std::ranges::all_of(state.*values, [](float value) { return std::isfinite(value); }))
      throw Error(ExitCode::wrong_numbers,
                  "no checkpoint after step " + std::to_string(state.step) +
                      ": the state of the training is not finite",
                  "try a smaller --learning_rate");
    for (const NamedParameter& parameter : named_parameters(network)) {
      tensors.push_back(to_tensor(parameter, state.*values));
      tensors.back().name.insert(0, prefix);
    }
  }
  Metadata metadata = settings;
  metadata["step"] = std::to_string(state.step);
  write_whole_file(path, to_safetensors(std::move(metadata), std::move(tensors)),
                   Writing::by_rename);
}

CheckpointFile::CheckpointFile(const std::filesystem::path& path) : file_(path) {
  if (!file_.metadata().contains("step"))
    throw damaged("is no checkpoint: its metadata lack the step that it is of");
  file_.said(content_sha256);
  for (const std::string_view name : setting_names)
    settings_.emplace(name, file_.said(std::string(name)));
  const std::string& step = file_.said("step");
  const char* const end = step.data() + step.size();
  const auto [stop, error] = std::from_chars(step.data(), end, step_);
  if (error != std::errc{} || stop != end)
    throw damaged("it is of step '" + step + "'; expected a whole number");
  if (const std::string& engine = settings_.at("engine"); engine != "cpu" && engine != "cuda")
    throw damaged("it is of an engine '" + engine + "'; expected cpu or cuda");
}

TrainingState CheckpointFile::state(const NetworkPlan& network) const {
  const std::vector<NamedParameter> parameters = named_parameters(network);
  if (file_.tensor_count() != parameters.size() * state_parts.size())
    throw damaged("it holds " + std::to_string(file_.tensor_count()) + " tensors; expected " +
                  std::to_string(parameters.size()) + " of parameters, and as many of each moment");
  TrainingState state{.step = step_, .parameters = {}, .first_moments = {}, .second_moments = {}};
  for (const auto& [prefix, values] : state_parts) {
    (state.*values).resize(network.parameter_count);
    for (const NamedParameter& parameter : parameters)
      take_tensor(parameter, file_.read(prefix + parameter.name, parameter.shape), state.*values);
  }
  return state;
}

}  // namespace mnist
