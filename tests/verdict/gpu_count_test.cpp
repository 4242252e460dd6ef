#include "verdict/gpu_count.hpp"

#include <gmock/gmock.h>

namespace mnist {
namespace {

using testing::HasSubstr;

std::vector<Gpu> gpus(std::size_t count) {
  std::vector<Gpu> all(count);
  for (std::size_t number = 0; number < count; ++number) {
    all[number].name = "NVIDIA H200";
    all[number].uuid = "GPU-" + std::to_string(number);
    all[number].pci_bus_id = "0000:65:00." + std::to_string(number);
  }
  return all;
}

struct Case {
  std::size_t found;
  std::size_t expected;
  Outcome outcome;
  ExitCode code;
  const char* text;
};

const Case cases[] = {
    {0, 1, Outcome::failed, ExitCode::no_gpu, "0 GPUs found, 1 expected"},
    {1, 2, Outcome::failed, ExitCode::no_gpu,
     "1 GPU found, 2 expected: NVIDIA H200 (GPU-0, 0000:65:00.0)"},
    {2, 2, Outcome::passed, ExitCode::passed,
     "2 GPUs found, 2 expected: NVIDIA H200 (GPU-0, 0000:65:00.0), NVIDIA H200 (GPU-1, "
     "0000:65:00.1)"},
    {1, 0, Outcome::warned, ExitCode::failed,
     "1 GPU found, 0 expected: NVIDIA H200 (GPU-0, 0000:65:00.0)"},
    {0, 0, Outcome::passed, ExitCode::passed, "0 GPUs found, 0 expected"},
};

TEST(GpuCount, IsComparedWithWhatWasExpected) {
  for (const Case& row : cases) {
    const Check check = judge_gpu_count(gpus(row.found), row.expected);
    EXPECT_EQ(check.group, "device");
    EXPECT_EQ(check.outcome, row.outcome) << row.text;
    EXPECT_EQ(check.code, row.code) << row.text;
    EXPECT_EQ(check.found, row.text);
    EXPECT_EQ(check.remedy.empty(), row.outcome == Outcome::passed) << row.text;
  }
}

TEST(GpuCount, NamesAPartWithoutAPlaceOnTheBus) {
  Gpu part;
  part.name = "NVIDIA A100 MIG";
  part.uuid = "MIG-1";
  EXPECT_THAT(judge_gpu_count({part}, 1).found, HasSubstr("NVIDIA A100 MIG (MIG-1)"));
}

TEST(GpuCount, SaysWhereToLook) {
  EXPECT_THAT(judge_gpu_count(gpus(1), 2).remedy, HasSubstr("CUDA_VISIBLE_DEVICES"));
  EXPECT_THAT(judge_gpu_count(gpus(2), 1).remedy, HasSubstr("nvidia.com/gpu"));
}

}  // namespace
}  // namespace mnist
