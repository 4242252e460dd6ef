#include "report/clean_line.hpp"

#include <gtest/gtest.h>

namespace mnist {
namespace {

const std::string bad = "\xEF\xBF\xBD";

struct Case {
  const char* what;
  std::string text;
  std::string clean;
};

const Case cases[] = {
    {"nothing", "", ""},
    {"ASCII", "GPU 0, 100% ~", "GPU 0, 100% ~"},
    {"two, three and four bytes", "é€𝄞", "é€𝄞"},
    {"the first and last of each length",
     "\xC2\xA0\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80"
     "\xF4\x8F\xBF\xBF",
     "\xC2\xA0\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
    {"control characters", "a\nb\tc\x1b[d\x7f" + std::string(1, '\0'),
     "a" + bad + "b" + bad + "c" + bad + "[d" + bad + bad},
    {"control characters of two bytes", "a\xC2\x85\xC2\x9Fz", "a" + bad + bad + bad + bad + "z"},
    {"a byte that begins nothing", "a\xFF\x80z", "a" + bad + bad + "z"},
    {"bytes that would be a character after such a byte", "\xBF\xBF\xF8\x90\x80\x80",
     bad + bad + bad + bad + bad + bad},
    {"a character that ends too soon", "a\xE2\x82z", "a" + bad + bad + "z"},
    {"a character that the end cuts", "a\xF0\x9D\x84", "a" + bad + bad + bad},
    {"more bytes than it takes", "\xC0\xAF\xE0\x80\xAF", bad + bad + bad + bad + bad},
    {"a surrogate", "\xED\xA0\x80", bad + bad + bad},
    {"above the last character", "\xF4\x90\x80\x80", bad + bad + bad + bad},
    {"what is no character", "\xEF\xBF\xBE\xEF\xBF\xBF", bad + bad + bad + bad + bad + bad},
};

TEST(CleanLine, IsReadableToAnyone) {
  for (const Case& row : cases) EXPECT_EQ(clean_line(row.text), row.clean) << row.what;
  EXPECT_EQ(clean_line(std::string_view("é", 1)), bad) << "what comes after a view is not in it";
}

TEST(CleanLine, IsCutWhereACharacterEnds) {
  EXPECT_EQ(clean_line("abcdef", 6), "abcdef");
  EXPECT_EQ(clean_line("abcdefg", 6), "abc...");
  EXPECT_EQ(clean_line("abééé", 8), "abééé");
  EXPECT_EQ(clean_line("abcééé", 8), "abcé...");
  EXPECT_EQ(clean_line("abééé", 7), "abé...");
  EXPECT_EQ(clean_line("ab𝄞𝄞", 8), "ab...");
  EXPECT_EQ(clean_line("𝄞", 3), "...");
  for (std::size_t most = 3; most < 60; ++most) {
    const std::string line = clean_line("é€𝄞\xFFé€𝄞é€𝄞é€𝄞é€𝄞é€𝄞", most);
    EXPECT_LE(line.size(), most);
    EXPECT_EQ(clean_line(line), line) << most;
  }
}

}  // namespace
}  // namespace mnist
