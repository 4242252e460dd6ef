// The README's table of flags against the program's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "command_line.hpp"
#include "verdict/verdict.hpp"

namespace mnist {
namespace {

std::set<std::string> flags_in(const std::string& text, const std::string& pattern) {
  const std::regex flag(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), flag), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

std::string section(const std::string& text, const std::string& heading) {
  const std::size_t start = text.find(heading);
  return start == std::string::npos ? "" : text.substr(start, text.find("\n## ", start) - start);
}

std::string readme() {
  std::ifstream file(MNIST_README);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Readme, GivesEachExitCodeTheMeaningThatTheVerdictHas) {
  const std::string codes = section(readme(), "## Exit codes");
  const std::regex row("\n\\| (\\d+) \\| ([^|]+) \\|");
  std::size_t rows = 0;
  for (std::sregex_iterator match(codes.begin(), codes.end(), row), end; match != end; ++match) {
    const auto code = static_cast<ExitCode>(std::stoi((*match)[1]));
    EXPECT_THAT((*match)[2].str(), testing::StartsWith(std::string(cause_of(code))));
    ++rows;
  }
  EXPECT_GE(rows, 9u);
}

TEST(Readme, NamesEveryFlagAndNoOther) {
  const auto documented = flags_in(section(readme(), "## Flags"), "`--([a-z0-9_]+)`");
  const auto known = flags_in(help_text(), "\n +--([a-z0-9_]+)");
  EXPECT_GE(known.size(), 20u);
  EXPECT_THAT(documented, testing::ContainerEq(known));
}

}  // namespace
}  // namespace mnist
