#include "report/junit.hpp"

#include <gmock/gmock.h>

#include "report/sample_results.hpp"

namespace mnist {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Junit, HasATestCaseForEachCheckAndOneForTheVerdict) {
  EXPECT_EQ(to_junit(full_result()), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="mnist-demo" tests="5" failures="2" errors="0" skipped="1" time="4.750">
    <testcase classname="mnist-demo.device" name="other users" time="0.000"><system-out>warning: 2 processes, 12.5 GiB in use, 30% busy; wait, or ask for a GPU of your own</system-out></testcase>
    <testcase classname="mnist-demo.health" name="row remapping" time="0.000"><failure message="1 row is pending" type="21">reset the GPU</failure></testcase>
    <testcase classname="mnist-demo.health" name="temperature" time="0.000"><skipped message="the GPU was used for 0.1 s"/></testcase>
    <testcase classname="mnist-demo.numbers" name="product" time="0.013"></testcase>
    <testcase classname="mnist-demo" name="verdict" time="4.750"><failure message="GPU health threshold: 1 row is pending" type="21">reset the GPU</failure></testcase>
  </testsuite>
</testsuites>
)");
}

TEST(Junit, OfAPassHasNoFailure) {
  RunResult result;
  result.verdict = {ExitCode::passed, "passed", "with accuracy 0.9786 after 1000 steps", ""};
  const std::string xml = to_junit(result);
  EXPECT_THAT(xml, HasSubstr(R"(<testsuite name="mnist-demo" tests="1" failures="0")"));
  EXPECT_THAT(xml, HasSubstr("name=\"verdict\" time=\"0.000\"></testcase>"));
}

TEST(Junit, HasASuiteForEachGpu) {
  const std::string xml = to_junit(two_gpu_result());
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"mnist-demo\" tests=\"2\" failures=\"2\""));
  EXPECT_THAT(xml, HasSubstr("classname=\"mnist-demo.training\" name=\"same parameters on each "
                             "GPU\" time=\"0.000\"><failure"));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"GPU-4f8e2a51\" tests=\"5\" failures=\"2\" "
                             "errors=\"0\" skipped=\"1\" time=\"4.750\""));
  EXPECT_THAT(xml, HasSubstr("classname=\"GPU-4f8e2a51.health\" name=\"row remapping\""));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"GPU-b\" tests=\"1\" failures=\"1\""));
  EXPECT_THAT(xml, HasSubstr("classname=\"GPU-b\" name=\"verdict\" time=\"0.000\"><failure "
                             "message=\"GPU hardware fault: it fell off the bus\" type=\"20\">"
                             "drain the node</failure>"));
}

TEST(Junit, EscapesWhatXmlDoesNotTake) {
  RunResult result;
  result.verdict = {ExitCode::failed, "failed", "<a & \"b\">\n\x01\xff", "]]>"};
  EXPECT_THAT(to_junit(result),
              HasSubstr("message=\"failed: &lt;a &amp; &quot;b&quot;&gt;\xEF\xBF\xBD\xEF\xBF\xBD"
                        "\xEF\xBF\xBD\" type=\"1\">]]&gt;</failure>"));
  const std::string hostile = to_junit(hostile_result());
  EXPECT_THAT(hostile, Not(HasSubstr("\x1b")));
  EXPECT_THAT(hostile, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace mnist
