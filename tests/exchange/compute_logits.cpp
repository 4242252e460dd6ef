// compute_logits MODEL_FILE DATA_DIR|synthetic FOLDER: writes the logits of the test set, as the
// CPU engine computes them with the network of the file, and that set: raw files logits (float),
// images and labels (bytes).
#include <fstream>
#include <iostream>
#include <string_view>

#include "cpu/cpu_engine.hpp"
#include "dataset/obtain.hpp"
#include "exchange/model_file.hpp"

namespace {

class Silence : public mnist::DataEvents {
  void fetching(const std::string&, std::uint64_t, const std::filesystem::path&) override {}
  void mirror_failed(const std::string&, const std::string&) override {}
  void downloaded(const std::string&, std::uint64_t) override {}
  void extracting(const std::filesystem::path&) override {}
  void progress(std::uint64_t, std::uint64_t) override {}
  void warning(const std::string&) override {}
};

template <class Value>
void write(const std::filesystem::path& file, const std::vector<Value>& values) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(Value)));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return 2;
  const std::filesystem::path folder = argv[3];
  const mnist::TrainedModel model = mnist::read_model_file(argv[1]);
  mnist::DataRequest request;
  if (std::string_view(argv[2]) == "synthetic") request.choice = mnist::DatasetChoice::synthetic;
  request.folder = argv[2];
  Silence silence;
  const mnist::Dataset test = mnist::obtain(request, silence).test;
  const auto engine = mnist::make_cpu_engine({.network = model.network}, 2);
  mnist::TrainingState state = mnist::initial_state(model.network, 0);
  state.parameters = model.parameters;
  engine->restore(state);
  write(folder / "logits", engine->infer(test.pixels));
  write(folder / "images", test.pixels);
  write(folder / "labels", test.labels);
} catch (const std::exception& failure) {
  std::cerr << failure.what() << "\n";
  return 1;
}
