// The whole program on a real GPU.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dataset/sample_set.hpp"
#include "program/run_program.hpp"

namespace mnist {
namespace {

using Json = nlohmann::json;

class ProgramOnGpu : public testing::Test {
 protected:
  ProgramOnGpu() { SampleSet().write_packed(folder_.path()); }

  Json result_of(std::vector<std::string> arguments) const {
    arguments.push_back("--json=-");
    Invocation invocation;
    invocation.arguments = std::move(arguments);
    invocation.variables["MNIST_DEMO_DATA_DIR"] = folder_.path().string();
    const Ended ended = run_program(invocation);
    EXPECT_EQ(ended.code, 0) << ended.error;
    return Json::parse(ended.output);
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ProgramOnGpu, ListsTheGpus) {
  const Json devices = result_of({"--list_devices"})["devices"];
  ASSERT_FALSE(devices.empty());
  for (const Json& device : devices) {
    EXPECT_FALSE(device["gpu"]["uuid"].get<std::string>().empty());
    EXPECT_GT(device["gpu"]["total_memory_bytes"], 0);
  }
}

TEST_F(ProgramOnGpu, TrainsToTheSameParametersTwice) {
  for (const char* model : {"--model=mlp", "--model=lenet"}) {
    const auto parameters = [&] {
      return result_of({"--device=cuda", "--max_steps=50", model})["parameters_sha256"];
    };
    EXPECT_EQ(parameters(), parameters()) << model;
  }
}

}  // namespace
}  // namespace mnist
