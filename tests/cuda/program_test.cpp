// The whole program, with its CUDA engine on stand-ins.
#include "program/run_program.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dataset/sample_set.hpp"
#include "picture/png.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ProgramOnStandIns : public testing::Test {
 protected:
  ProgramOnStandIns() { SampleSet().write_packed(folder_.path()); }

  Ended run(std::vector<std::string> arguments,
            std::map<std::string, std::string> variables = {}) const {
    variables["MNIST_DEMO_DATA_DIR"] = folder_.path().string();
    return run_program({.arguments = std::move(arguments),
                        .variables = std::move(variables),
                        .output = Output::caught,
                        .terminal = false});
  }

 private:
  TemporaryFolder folder_;
};

// On the GPU only where the command line itself says so, and with a diagnosis as a run has one.
TEST_F(ProgramOnStandIns, PredictsOnTheGpuThatIsAskedFor) {
  const TemporaryFolder folder;
  const std::string network = (folder.path() / "network.safetensors").string();
  const std::string picture = (folder.path() / "bar.png").string();
  ASSERT_EQ(run({"--device=cpu", "--max_steps=0", "--export", network}).code, 0);
  std::vector<std::uint8_t> pixels(100 * 100, 255);
  for (std::size_t y = 20; y < 80; ++y) std::fill_n(&pixels[y * 100 + 45], 8, std::uint8_t{0});
  write_file(picture, png_of(pixels, 100, 100));
  const std::vector<std::string> prediction{"--predict", picture, "--model_file", network};
  const std::map<std::string, std::string> no_gpu{{"MNIST_STAND_IN_FAIL", "cudaGetDeviceCount=100"},
                                                  {"MNIST_DEMO_DEVICE", "cuda"}};
  const Ended on_cpu = run(prediction, no_gpu);
  EXPECT_EQ(on_cpu.code, 0) << on_cpu.error;
  std::vector<std::string> on_gpu = prediction;
  on_gpu.push_back("--device=cuda");
  EXPECT_EQ(run(on_gpu).output, on_cpu.output);
  const Ended refused = run(on_gpu, no_gpu);
  EXPECT_EQ(refused.code, 10);
  EXPECT_THAT(refused.last_error_line(), AllOf(HasSubstr("failed (10): "), HasSubstr("; ")));
}

TEST_F(ProgramOnStandIns, TellsOfEveryGpuAndTrainsOnTheOneAskedFor) {
  const Ended ended = run({"--device=cuda:1", "--model=mlp", "--max_steps=20", "--json=-"});
  EXPECT_EQ(ended.code, 0) << ended.error;
  EXPECT_THAT(
      ended.error,
      AllOf(HasSubstr("info: Found device 0 with properties:\n"),
            HasSubstr("info: Found device 1 with properties:\n"),
            HasSubstr("info: name: GPU 0 of the stand-in major: 8 minor: 0 smClockRate(GHz): 1.5 "),
            HasSubstr("info: pciBusID: 0000:0a:00.0 uuid: GPU-"),
            HasSubstr("info: totalMemory: 4.00GiB freeMemory: 4.00GiB\n"),
            HasSubstr("info: Creating device (/device:GPU:0) -> (device: 1, name: GPU 1 of the "
                      "stand-in, pci bus id: 0000:0b:00.0, compute capability: 8.0)\n"),
            HasSubstr("info: device: cuda, GPU 1 of the stand-in, fp32, CUDA "),
            HasSubstr(", step recorded as a graph of "), Not(HasSubstr("debug: "))));
  EXPECT_THAT(ended.last_error_line(), HasSubstr("info: passed with accuracy "));
  const Json result = Json::parse(ended.output);
  EXPECT_EQ(result["requested_device"], "cuda:1");
  ASSERT_EQ(result["devices"].size(), 1u);
  const Json& device = result["devices"][0];
  EXPECT_EQ(device["engine"], "cuda");
  EXPECT_EQ(device["precision"], "fp32");
  EXPECT_THAT(device["recording"], StartsWith("step recorded as a graph of "));
  EXPECT_EQ(device["gpu"]["index"], 1);
  EXPECT_EQ(device["gpu"]["pci_bus_id"], "0000:0b:00.0");
}

// The second round is not timed, and is compared.
TEST_F(ProgramOnStandIns, TracesWhatTheGpuDid) {
  const TemporaryFolder folder;
  const std::string trace = (folder.path() / "trace.json").string();
  const Ended ended = run({"--device=cuda:1", "--model=mlp", "--max_steps=120", "--eval_every=50",
                           "--repeat=2", "--trace", trace});
  EXPECT_EQ(ended.code, 0) << ended.error;
  std::vector<std::string> parts;
  std::string row;
  const Json written = Json::parse(read_whole(trace));
  for (const Json& event : written["traceEvents"]) {
    if (event["tid"] != 3) continue;
    if (event["ph"] == "X")
      parts.push_back(event["name"]);
    else
      row = event["args"]["name"];
  }
  EXPECT_EQ(row, "GPU 1 of the stand-in");
  EXPECT_THAT(parts, testing::ElementsAre("gather", "linear_1", "relu_1", "dropout_1", "linear_2",
                                          "loss", "linear_2 gradient", "dropout_1 gradient",
                                          "relu_1 gradient", "linear_1 gradient", "update"));
}

TEST_F(ProgramOnStandIns, ListsWhatWasRecordedWhereMoreIsAskedFor) {
  EXPECT_THAT(run({"--device=cuda", "--model=mlp", "--max_steps=1", "--verbose"}).error,
              HasSubstr("debug: recorded step: kernel"));
}

TEST_F(ProgramOnStandIns, RefusesAGpuThatIsNotThereBeforeAnyDataIsRead) {
  const Ended ended = run({"--device=cuda:2"}, {{"CUDA_VISIBLE_DEVICES", "3,5"}});
  EXPECT_EQ(ended.code, 10);
  EXPECT_EQ(ended.output, "");
  EXPECT_THAT(ended.last_error_line(),
              HasSubstr("there is no cuda:2; CUDA shows 0 (GPU 0 of the stand-in, 0000:0a:00.0), 1 "
                        "(GPU 1 of the stand-in, 0000:0b:00.0), with CUDA_VISIBLE_DEVICES=3,5"));
  EXPECT_THAT(ended.error, HasSubstr("Found device 1 with properties:"));
}

TEST_F(ProgramOnStandIns, ListsTheDevices) {
  const Ended ended = run({"--list_devices"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.output, AllOf(StartsWith("Found device 0 with properties:\nname: GPU 0 of "),
                                  HasSubstr("\nFound device 1 with properties:\n")));
  EXPECT_THAT(ended.error, EndsWith("info: passed with 2 GPUs listed, none tested\n"));
}

TEST_F(ProgramOnStandIns, ListsTheDeviceThatIsNotHidden) {
  const std::string uuid = "GPU-00000000-0000-0000-0000-000000000001";
  const Ended ended = run({"--list_devices"}, {{"CUDA_VISIBLE_DEVICES", uuid}});
  EXPECT_THAT(ended.output, AllOf(StartsWith("Found device 0 with properties:\nname: GPU 1 of "),
                                  HasSubstr("pciBusID: 0000:0b:00.0 uuid: " + uuid + "\n")));
  EXPECT_THAT(ended.error, EndsWith("info: passed with 1 GPU listed, none tested\n"));
}

TEST_F(ProgramOnStandIns, ListsTheDevicesAsJson) {
  const Ended ended = run({"--list_devices", "--json=-", "--quiet"});
  EXPECT_EQ(ended.code, 0);
  const Json result = Json::parse(ended.output);
  EXPECT_EQ(result["exit_code"], 0);
  ASSERT_EQ(result["devices"].size(), 2u);
  EXPECT_EQ(result["devices"][1]["gpu"]["index"], 1);
  EXPECT_EQ(result["devices"][0]["gpu"]["total_memory_bytes"], std::uint64_t{4} << 30);
}

}  // namespace
}  // namespace mnist
