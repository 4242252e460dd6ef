#include "machine/stand_in_nvml.hpp"

#include <gmock/gmock.h>

#include "machine/made_up_machine.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::Pair;

class StandInNvmlFile : public MadeUpMachine {
 protected:
  StandInNvml read(const std::string& lines) {
    file("nvml", lines);
    StandInNvml state;
    read_stand_in_nvml((root() / "nvml").c_str(), state);
    return state;
  }
};

TEST_F(StandInNvmlFile, ChangesWhatItNames) {
  const StandInNvml state = read(
      "uuid=GPU-7\nuuid=MIG-8\nresult.nvmlDeviceGetName=3\nresult_later.field.230=15\n\n"
      "remapped=0 600 0 1\ndouble_bit_errors_later=2\nreasons=0x40\nxid=79 13\nname=Tesla T4\n"
      "hang=nvmlDeviceGetClockInfo\n");
  EXPECT_THAT(state.uuids, ElementsAre("GPU-7", "MIG-8"));
  EXPECT_THAT(state.results, ElementsAre(Pair("nvmlDeviceGetName", 3)));
  EXPECT_THAT(state.results_later, ElementsAre(Pair("field.230", 15)));
  EXPECT_THAT(state.remapped, ElementsAre(0, 600, 0, 1));
  EXPECT_EQ(state.double_bit_errors_later, 2u);
  EXPECT_EQ(state.reasons, 0x40u);
  EXPECT_THAT(state.xid, ElementsAre(79, 13));
  EXPECT_EQ(state.name, "Tesla T4");
  EXPECT_EQ(state.hang, "nvmlDeviceGetClockInfo");
  EXPECT_THAT(read("width=8\n").uuids, ElementsAre("GPU-1")) << "as it is without";
}

TEST_F(StandInNvmlFile, IsRefusedWhereItIsNotUnderstood) {
  for (const char* line : {"nonsense=1", "width", "width=", "width=wide", "width=8x", "uuids=GPU-1",
                           "remapped=0 x", "result.nvmlDeviceGetName=", "hang_after=-"})
    EXPECT_THROW(read(line), std::runtime_error) << line;
  StandInNvml state;
  EXPECT_THROW(read_stand_in_nvml("/none", state), std::runtime_error);
}

}  // namespace
}  // namespace mnist
