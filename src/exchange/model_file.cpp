#include "exchange/model_file.hpp"

#include <algorithm>
#include <utility>

#include "exchange/named_parameters.hpp"
#include "network/named_networks.hpp"

namespace mnist {

TrainingState state_of(TrainedModel model) {
  const std::vector<float> zeros(model.network.parameter_count);
  return {.step = 0,
          .parameters = std::move(model.parameters),
          .first_moments = zeros,
          .second_moments = zeros};
}

std::string to_model_file(const Metadata& metadata, const TrainedModel& model) {
  std::vector<Tensor> tensors;
  for (const NamedParameter& parameter : named_parameters(model.network))
    tensors.push_back(to_tensor(parameter, model.parameters));
  return to_safetensors(metadata, std::move(tensors));
}

TrainedModel read_model_file(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  const std::string& name = file.said("model");
  if (!std::ranges::count(network_names(), name))
    throw file.damaged("it is of a network '" + name + "', which is none of ours");
  const Shape image{1, 28, 28};
  TrainedModel model{.network = plan(named_network(name, image, /*keep=*/1)), .parameters = {}};
  model.parameters.resize(model.network.parameter_count);
  for (const NamedParameter& parameter : named_parameters(model.network))
    take_tensor(parameter, file.read(parameter.name, parameter.shape), model.parameters);
  return model;
}

}  // namespace mnist
