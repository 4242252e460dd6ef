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

Gpu gpu(int index, int compute_major, int compute_minor) {
  Gpu gpu;
  gpu.index = index;
  gpu.name = "GPU of " + std::to_string(compute_major);
  gpu.pci_bus_id = "0000:0" + std::to_string(index) + ":00.0";
  gpu.compute_major = compute_major;
  gpu.compute_minor = compute_minor;
  return gpu;
}

std::string refusal(int index, const Environment& environment) {
  try {
    gpu_numbered(index, {gpu(0, 9, 0), gpu(1, 7, 5)}, environment);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::no_gpu);
    return error.what();
  }
  return "not refused";
}

TEST(GpuNumbered, IsTheOneThatCudaGivesThatNumber) {
  const std::vector<Gpu> gpus{gpu(0, 9, 0), gpu(1, 7, 5)};
  EXPECT_EQ(gpu_numbered(1, gpus, nullptr).name, "GPU of 7");
  EXPECT_EQ(gpu_numbered(0, gpus, nullptr).name, "GPU of 9");
}

TEST(GpuNumbered, RefusesANumberBeyondWithTheListOfWhatIsVisible) {
  EXPECT_EQ(refusal(2, [](const char*) -> const char* { return nullptr; }),
            "there is no cuda:2; CUDA shows 0 (GPU of 9, 0000:00:00.0), 1 (GPU of 7, "
            "0000:01:00.0)");
  EXPECT_THAT(refusal(2,
                      [](const char* name) {
                        return std::string_view(name) == "CUDA_VISIBLE_DEVICES" ? "3,5" : nullptr;
                      }),
              testing::EndsWith(", with CUDA_VISIBLE_DEVICES=3,5"));
}

TEST(ChoosePrecision, IsTf32WhereItWasAskedForAndTheGpuHasIt) {
  EXPECT_EQ(choose_precision(Precision::tf32, gpu(0, 8, 0)).precision, Precision::tf32);
  EXPECT_EQ(choose_precision(Precision::tf32, gpu(0, 12, 0)).warning, "");
  EXPECT_EQ(choose_precision(Precision::fp32, gpu(0, 9, 0)).precision, Precision::fp32);
  EXPECT_EQ(choose_precision(Precision::fp32, std::nullopt).warning, "");
  EXPECT_EQ(choose_precision(Precision::fp32, gpu(0, 7, 5)).warning, "");
}

TEST(ChoosePrecision, WarnsWhereItIsNotWhatWasAskedFor) {
  const ChosenPrecision old = choose_precision(Precision::tf32, gpu(0, 7, 5));
  EXPECT_EQ(old.precision, Precision::fp32);
  EXPECT_EQ(old.warning,
            "--precision tf32: GPU of 7, of compute capability 7.5 and not 8.0 or above, computes "
            "in fp32");
  const ChosenPrecision cpu = choose_precision(Precision::tf32, std::nullopt);
  EXPECT_EQ(cpu.precision, Precision::fp32);
  EXPECT_EQ(cpu.warning, "--precision tf32: the CPU computes in fp32");
}

}  // namespace
}  // namespace mnist
