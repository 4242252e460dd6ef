// The README's table of flags against the program's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "options.hpp"

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

TEST(Readme, NamesEveryFlagAndNoOther) {
  std::ifstream file(MNIST_README);
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const auto documented = flags_in(section(readme, "## Flags"), "`--([a-z_]+)`");
  const auto known = flags_in(help_text(), "\n +--([a-z_]+)");
  EXPECT_GE(known.size(), 20u);
  EXPECT_THAT(documented, testing::ContainerEq(known));
}

}  // namespace
}  // namespace mnist
