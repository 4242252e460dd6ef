// compute_logits MODEL_FILE DATA_DIR|synthetic FOLDER: writes the logits of the test set, as the
// CPU engine computes them with the network of the file, and that set: raw files logits (float),
// images and labels (bytes).
#include <fstream>
#include <iostream>
#include <string_view>

#include "cpu/cpu_engine.hpp"
#include "dataset/silent_events.hpp"
#include "exchange/model_file.hpp"

namespace {

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
  mnist::SilentEvents silence;
  const mnist::Dataset test = mnist::obtain(request, silence).test;
  const auto engine = mnist::make_cpu_engine({.network = model.network}, 2);
  engine->restore(state_of(model));
  write(folder / "logits", engine->infer(test.pixels));
  write(folder / "images", test.pixels);
  write(folder / "labels", test.labels);
} catch (const std::exception& failure) {
  std::cerr << failure.what() << "\n";
  return 1;
}
