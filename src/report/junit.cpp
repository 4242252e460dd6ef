#include "report/junit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/clean_line.hpp"
#include "report/formatted.hpp"
#include "report/read_result.hpp"

namespace mnist {
namespace {

struct TestCase {
  std::string classname;
  std::string name;
  double seconds = 0;
  Outcome outcome = Outcome::passed;
  int code = 0;
  std::string found;
  std::string remedy;
};

std::string attribute(const char* name, std::string_view value) {
  return std::string(" ") + name + "=\"" + markup_line(value) + "\"";
}

std::string seconds_attribute(double seconds) {
  return attribute("time", formatted("%.3f", std::isfinite(seconds) ? seconds : 0));
}

// What an outcome adds to its test case; nothing where it passed.
std::string outcome_element(const TestCase& test) {
  switch (test.outcome) {
    case Outcome::passed:
      return "";
    case Outcome::failed:
      return "<failure" + attribute("message", test.found) +
             attribute("type", std::to_string(test.code)) + ">" + markup_line(test.remedy) +
             "</failure>";
    case Outcome::unknown:
      return "<skipped" + attribute("message", test.found) + "/>";
    case Outcome::warned:
      return "<system-out>" +
             markup_line("warning: " + test.found +
                         (test.remedy.empty() ? "" : "; " + test.remedy)) +
             "</system-out>";
  }
  return "";
}

std::string case_element(const TestCase& test) {
  return "    <testcase" + attribute("classname", test.classname) + attribute("name", test.name) +
         seconds_attribute(test.seconds) + ">" + outcome_element(test) + "</testcase>\n";
}

TestCase verdict_case(const std::string& suite, const RunResult& result) {
  const Verdict& verdict = result.verdict;
  const bool passed = verdict.code == ExitCode::passed;
  return {
      .classname = suite,
      .name = "verdict",
      .seconds = result.timings.total.value_or(0),
      .outcome = passed ? Outcome::passed : Outcome::failed,
      .code = static_cast<int>(verdict.code),
      .found = verdict.evidence.empty() ? verdict.cause : verdict.cause + ": " + verdict.evidence,
      .remedy = verdict.remedy};
}

std::vector<TestCase> cases_of(const std::string& suite, const RunResult& result) {
  std::vector<TestCase> cases;
  for (const Check& check : result.checks)
    cases.push_back({.classname = suite + "." + check.group,
                     .name = check.name,
                     .seconds = check.seconds,
                     .outcome = check.outcome,
                     .code = static_cast<int>(check.code),
                     .found = check.found,
                     .remedy = check.remedy});
  cases.push_back(verdict_case(suite, result));
  return cases;
}

std::string suite_element(const std::string& suite, const RunResult& result) {
  const std::vector<TestCase> cases = cases_of(suite, result);
  const auto count = [&cases](Outcome outcome) {
    return std::to_string(std::ranges::count(cases, outcome, &TestCase::outcome));
  };
  std::string xml = "  <testsuite" + attribute("name", suite) +
                    attribute("tests", std::to_string(cases.size())) +
                    attribute("failures", count(Outcome::failed)) + attribute("errors", "0") +
                    attribute("skipped", count(Outcome::unknown)) +
                    seconds_attribute(result.timings.total.value_or(0)) + ">\n";
  for (const TestCase& test : cases) xml += case_element(test);
  return xml + "  </testsuite>\n";
}

}  // namespace

std::string to_junit(const RunResult& result) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n" +
                    suite_element("mnist-demo", result);
  for (const GpuRun& run : result.gpu_runs) xml += suite_element(run.gpu.uuid, result_of(run));
  return xml + "</testsuites>\n";
}

}  // namespace mnist
