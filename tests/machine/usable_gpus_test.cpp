#include "machine/usable_gpus.hpp"

#include <gmock/gmock.h>

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Gpu gpu(const char* uuid) {
  Gpu made;
  made.name = "shown by CUDA";
  made.uuid = uuid;
  made.driver_version = "550.1";
  made.multiprocessors = 14;
  return made;
}

Environment visible_devices(const char* value) {
  return [value](const char* name) {
    return std::string(name) == "CUDA_VISIBLE_DEVICES" ? value : nullptr;
  };
}

std::vector<std::string> uuids(const std::vector<Gpu>& gpus) {
  std::vector<std::string> all;
  for (const Gpu& one : gpus) all.push_back(one.uuid);
  return all;
}

const std::vector<NvmlDevice> whole{{"GPU-aa1", "A", false, {}}, {"GPU-ab2", "A", false, {}}};
const std::vector<NvmlDevice> mixed{{"GPU-aa1", "A", true, {"MIG-a1", "MIG-a2"}},
                                    {"GPU-ab2", "A", false, {}},
                                    {"GPU-c3", "C", true, {"MIG-c1"}},
                                    {"GPU-d4", "D", true, {}}};

TEST(UsableGpus, AreWhatCudaShowsWhereNoneIsInParts) {
  const std::vector<Gpu> shown{gpu("GPU-ab2")};
  EXPECT_THAT(uuids(usable_gpus(shown, whole, visible_devices("1"))), ElementsAre("GPU-ab2"));
  EXPECT_THAT(uuids(usable_gpus(shown, {}, visible_devices(nullptr))), ElementsAre("GPU-ab2"));
}

TEST(UsableGpus, KeepWhatCudaKnowsOfThem) {
  const std::vector<Gpu> all =
      usable_gpus({gpu("MIG-a2")}, mixed, visible_devices("MIG-a1,MIG-a2,1"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].index, 0);
  EXPECT_EQ(all[0].name, "A MIG");
  EXPECT_TRUE(all[0].mig);
  EXPECT_EQ(all[0].driver_version, "550.1") << "there is one driver";
  EXPECT_EQ(all[1].index, 1);
  EXPECT_EQ(all[1].name, "shown by CUDA");
  EXPECT_EQ(all[1].multiprocessors, 14);
  EXPECT_EQ(all[2].index, 2);
  EXPECT_EQ(all[2].name, "A");
  EXPECT_FALSE(all[2].mig);
}

struct Case {
  const char* variable;
  std::vector<std::string> usable;
};

// CUDA's rules: in the order of the list, up to the first entry that names nothing.
const Case cases[] = {
    {nullptr, {"MIG-a1", "MIG-a2", "GPU-ab2", "MIG-c1"}},
    {"", {}},
    {"-1", {}},
    {"NoDevFiles", {}},
    {"0", {"MIG-a1", "MIG-a2"}},
    {"1", {"GPU-ab2"}},
    {"2,0", {"MIG-c1", "MIG-a1", "MIG-a2"}},
    {" 2 , 1", {"MIG-c1", "GPU-ab2"}},
    {"0,2,-1,1", {"MIG-a1", "MIG-a2", "MIG-c1"}},
    {"1,9,0", {"GPU-ab2"}},
    {"1,,0", {"GPU-ab2"}},
    {"1x", {}},
    {"99999999999999999999999", {}},
    {"3,1", {}},
    {"1,1", {"GPU-ab2"}},
    {"GPU-aa", {"MIG-a1", "MIG-a2"}},
    {"GPU-aa1", {"MIG-a1", "MIG-a2"}},
    {"GPU-ab2", {"GPU-ab2"}},
    {"GPU-a", {}},
    {"GPU-x", {}},
    {"MIG-a2", {"MIG-a2"}},
    {"MIG-c", {"MIG-c1"}},
    {"MIG-a", {}},
    {"MIG-a1,0", {"MIG-a1", "MIG-a2"}},
};

TEST(UsableGpus, AreWithoutWhatTheVariableHides) {
  for (const Case& row : cases)
    EXPECT_EQ(uuids(usable_gpus({}, mixed, visible_devices(row.variable))), row.usable)
        << (row.variable ? row.variable : "not set");
}

TEST(UsableGpus, AreNoneWhereNothingWasMadeInPartsYet) {
  EXPECT_THAT(usable_gpus({}, {mixed[3]}, visible_devices(nullptr)), IsEmpty());
}

}  // namespace
}  // namespace mnist
