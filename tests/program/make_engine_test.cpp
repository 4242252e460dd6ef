#include "make_engine.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace mnist {
namespace {

using testing::HasSubstr;

const DeviceChoice automatic{DeviceKind::automatic, 0, "auto"};
const Surroundings cuda_and_gpu{true, "/dev/nvidia0"};
const Surroundings cuda_alone{true, std::nullopt};
const Surroundings gpu_alone{false, "/dev/nvidia0"};
const Surroundings neither{false, std::nullopt};

TEST(ChooseDevice, TakesWhatWasAskedForWhateverIsThere) {
  for (const Surroundings& surroundings : {cuda_and_gpu, cuda_alone, gpu_alone, neither}) {
    const ChosenDevice cpu = choose_device({DeviceKind::cpu, 0, "cpu"}, surroundings);
    EXPECT_EQ(cpu.kind, DeviceKind::cpu);
    EXPECT_EQ(cpu.warning, "");
    const ChosenDevice cuda = choose_device({DeviceKind::cuda, 3, "cuda:3"}, surroundings);
    EXPECT_EQ(cuda.kind, DeviceKind::cuda);
    EXPECT_EQ(cuda.gpu, 3);
  }
}

TEST(ChooseDevice, TakesTheGpuThatIsToBeSeen) {
  const ChosenDevice device = choose_device(automatic, cuda_and_gpu);
  EXPECT_EQ(device.kind, DeviceKind::cuda);
  EXPECT_EQ(device.warning, "");
}

TEST(ChooseDevice, FallsBackWithAWarningWhereNoGpuIsToBeSeen) {
  const ChosenDevice device = choose_device(automatic, cuda_alone);
  EXPECT_EQ(device.kind, DeviceKind::cpu);
  EXPECT_THAT(device.warning, HasSubstr("no GPU is to be seen"));
}

TEST(ChooseDevice, FallsBackWithAWarningInABuildWithoutCuda) {
  EXPECT_EQ(choose_device(automatic, neither).kind, DeviceKind::cpu);
  EXPECT_THAT(choose_device(automatic, neither).warning, HasSubstr("no CUDA engine"));
  EXPECT_EQ(choose_device(automatic, gpu_alone).kind, DeviceKind::cpu);
  EXPECT_THAT(choose_device(automatic, gpu_alone).warning, HasSubstr("/dev/nvidia0"));
}

}  // namespace
}  // namespace mnist
