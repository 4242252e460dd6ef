#include "exchange/checkpoint.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <limits>

#include "base/whole_file.hpp"
#include "dataset/sample_set.hpp"
#include "exchange/model_file.hpp"
#include "exchange/named_parameters.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

NetworkPlan network(const char* name, float keep = 1) {
  return plan(named_network(name, {1, 28, 28}, keep));
}

Metadata settings_of(const std::string& model) {
  Metadata settings;
  for (const std::string_view name : setting_names) settings.emplace(name, "0");
  settings["model"] = model;
  settings["engine"] = "cpu";
  return settings;
}

// Every value is its place, so that none can be mistaken for another.
TrainingState numbered_state(const NetworkPlan& network) {
  TrainingState state = initial_state(network, 0);
  float place = 0;
  for (auto* values : {&state.parameters, &state.first_moments, &state.second_moments})
    for (float& value : *values) value = ++place;
  state.step = 12345678901;
  return state;
}

void expect_same(const TrainingState& found, const TrainingState& expected) {
  EXPECT_EQ(found.step, expected.step);
  EXPECT_EQ(found.parameters, expected.parameters);
  EXPECT_EQ(found.first_moments, expected.first_moments);
  EXPECT_EQ(found.second_moments, expected.second_moments);
}

template <class Read>
std::string refusal(const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data_damaged) << error.what();
    return error.what();
  }
  return "";
}

class Checkpoint : public testing::Test {
 protected:
  fs::path file() const { return folder_.path() / "checkpoint.safetensors"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(Checkpoint, HoldsTheWholeState) {
  for (const char* name : {"lenet", "mlp"}) {
    const TrainingState state = numbered_state(network(name));
    write_checkpoint(file(), settings_of(name), network(name), state);
    const CheckpointFile checkpoint(file());
    EXPECT_EQ(checkpoint.step(), state.step);
    EXPECT_EQ(checkpoint.settings(), settings_of(name));
    expect_same(checkpoint.state(network(name, 0.5f)), state);
    EXPECT_EQ(read_model_file(file()).parameters, state.parameters);
  }
}

// As torch.nn has them, for load_state_dict().
TEST_F(Checkpoint, NamesParametersAsPyTorchDoes) {
  const auto outline = [](const char* name) {
    std::string text;
    for (const NamedParameter& parameter : named_parameters(network(name))) {
      text += parameter.name;
      for (const std::size_t side : parameter.shape) text += " " + std::to_string(side);
      text += "; ";
    }
    return text;
  };
  EXPECT_EQ(outline("lenet"),
            "conv1.weight 16 1 5 5; conv1.bias 16; conv2.weight 32 16 5 5; conv2.bias 32; "
            "fc1.weight 128 512; fc1.bias 128; fc2.weight 10 128; fc2.bias 10; ");
  EXPECT_EQ(outline("mlp"), "fc1.weight 500 784; fc1.bias 500; fc2.weight 10 500; fc2.bias 10; ");

  const TrainingState state = numbered_state(network("mlp"));
  write_checkpoint(file(), settings_of("mlp"), network("mlp"), state);
  const SafetensorsFile read(file());
  EXPECT_EQ(read.read("fc1.weight", {500, 784})[1], 501) << "the first unit's second input";
  EXPECT_EQ(read.read("exp_avg_sq.fc2.bias", {10})[9], state.second_moments.back());
}

TEST_F(Checkpoint, OfNumbersThatAreNotFiniteIsNotWritten) {
  const NetworkPlan lenet = network("lenet");
  write_whole_file(file(), "before");
  for (auto values : {&TrainingState::parameters, &TrainingState::first_moments,
                      &TrainingState::second_moments}) {
    TrainingState state = numbered_state(lenet);
    (state.*values)[7] = std::numeric_limits<float>::infinity();
    EXPECT_THROW(write_checkpoint(file(), settings_of("lenet"), lenet, state), Error);
    EXPECT_EQ(read_whole(file()), "before");
  }
}

TEST_F(Checkpoint, WithAnyBitTurnedIsRefused) {
  const NetworkPlan small = plan({.name = "mlp", .input = {1, 2, 2}, .layers = {Linear{10}}});
  write_checkpoint(file(), settings_of("mlp"), small, numbered_state(small));
  std::string bytes = read_whole(file());
  std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](std::size_t place) {
    stream.seekp(static_cast<std::streamoff>(place)).put(bytes[place]).flush();
  };
  EXPECT_EQ(refusal([&] { CheckpointFile read(file()); }), "");
  for (std::size_t place = 0; place < bytes.size(); ++place)
    for (int bit = 0; bit < 8; ++bit) {
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << bit));
      put(place);
      ASSERT_NE(refusal([&] { CheckpointFile read(file()); }), "") << place << ", bit " << bit;
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << bit));
      put(place);
    }
}

TEST_F(Checkpoint, ThatIsNoneIsRefusedWithWhatIsWrong) {
  struct Case {
    const char* name;
    const char* value;
    const char* found;
  };
  for (const auto& [name, value, found] : {Case{"step", "", "step ''"},
                                           {"step", "-1", "step '-1'"},
                                           {"step", "1e3", "step '1e3'"},
                                           {"step", "99999999999999999999", "step '9999"},
                                           {"engine", "abacus", "engine 'abacus'"},
                                           {"step", nullptr, "lack the step"},
                                           {"seed", nullptr, "lack 'seed'"},
                                           {"model", nullptr, "lack 'model'"}}) {
    Metadata metadata = settings_of("lenet");
    metadata["step"] = "1";
    if (value)
      metadata[name] = value;
    else
      metadata.erase(name);
    write_file(file(), to_safetensors(metadata, {}));
    EXPECT_THAT(refusal([&] { CheckpointFile read(file()); }), HasSubstr(found));
  }
}

TEST_F(Checkpoint, OfAnotherNetworkIsRefused) {
  write_checkpoint(file(), settings_of("mlp"), network("mlp"), numbered_state(network("mlp")));
  EXPECT_THAT(refusal([&] { CheckpointFile(file()).state(network("lenet")); }),
              HasSubstr("12 tensors; expected 8"));
  const NetworkPlan small = plan(named_network("mlp", {1, 20, 20}, 1));
  EXPECT_THAT(refusal([&] { CheckpointFile(file()).state(small); }),
              HasSubstr("has the shape [500,784]; expected [500,400]"));
}

TEST_F(Checkpoint, OrAModelFileIsReadAsAModel) {
  for (const char* name : {"lenet", "mlp"}) {
    const NetworkPlan with_dropout = network(name, 0.5f);
    const std::vector<float> parameters = numbered_state(with_dropout).parameters;
    write_file(file(), to_model_file({{"model", name}}, {with_dropout, parameters}));
    const TrainedModel model = read_model_file(file());
    EXPECT_EQ(model.parameters, parameters);
    EXPECT_EQ(model.network.name, name);
    EXPECT_EQ(model.network.layers.size(), with_dropout.layers.size() - 1) << "no dropout";
    EXPECT_THAT(refusal([&] { CheckpointFile read(file()); }), HasSubstr("is no checkpoint"));
  }
  write_file(file(), to_safetensors({{"model", "resnet"}}, {}));
  EXPECT_THAT(refusal([&] { read_model_file(file()); }), HasSubstr("a network 'resnet'"));
  write_file(file(), to_safetensors({{"model", "mlp"}}, {}));
  EXPECT_THAT(refusal([&] { read_model_file(file()); }), HasSubstr("no tensor 'fc1.weight'"));
}

}  // namespace
}  // namespace mnist
