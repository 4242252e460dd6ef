// That a real GPU's driver records the work, and tells what it recorded.
#include <gmock/gmock.h>

#include "engine/case_setup.hpp"

namespace mnist {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(Recording, OfEveryNetworkIsDone) {
  for (const LayerCase& layer_case : layer_cases()) {
    const CaseSetup setup(layer_case);
    const auto engine = setup.engine();
    engine->train_timed(setup.batch, 0.01f);
    const Description description = engine->describe();
    EXPECT_THAT(description.recording, HasSubstr("step recorded as a graph of "));
    EXPECT_THAT(description.recording, HasSubstr("evaluation recorded as a graph of "));
    EXPECT_THAT(description.recording, HasSubstr("timed step recorded as a graph of "));
    EXPECT_THAT(description.recording, Not(HasSubstr("not recorded")));
    EXPECT_THAT(description.recorded, Contains(HasSubstr("step: kernel")));
    EXPECT_THAT(description.recorded, Contains("timed step: event record"));
  }
}

// A probe runs unrecorded what a step runs recorded.
TEST(Recording, GivesTheBitsOfUnrecordedWork) {
  for (const LayerCase& layer_case : layer_cases()) {
    const CaseSetup setup(layer_case);
    const auto engine = setup.engine();
    const float probed = engine->probe(setup.batch).loss;
    EXPECT_EQ(engine->train(setup.batch, std::vector<float>{0.0f}).at(0).loss, probed)
        << layer_case.network.name;
  }
}

}  // namespace
}  // namespace mnist
