#include "dataset/pen_strokes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "data/strokes.hpp"

namespace mnist {
namespace {

using testing::HasSubstr;

std::string ten_digits() {
  std::string text;
  for (int digit = 0; digit < class_count; ++digit)
    text += "digit " + std::to_string(digit) + " weight 2\n0,0 100,100\n";
  return text;
}

TEST(PenStrokes, AreReadWithTheirWeightsAndCorners) {
  const Alphabet alphabet =
      parse_strokes("# seven\n\ndigit 7 weight 30\n5,6 92,4* 40,100\n22,52 78,48\n" + ten_digits());
  ASSERT_EQ(alphabet[7].size(), 2u);
  const Allograph& seven = alphabet[7][0];
  EXPECT_EQ(seven.weight, 30u);
  ASSERT_EQ(seven.strokes.size(), 2u);
  ASSERT_EQ(seven.strokes[0].size(), 3u);
  EXPECT_FLOAT_EQ(seven.strokes[0][1].at.x, 0.92f);
  EXPECT_FLOAT_EQ(seven.strokes[0][1].at.y, 0.04f);
  EXPECT_FALSE(seven.strokes[0][0].corner);
  EXPECT_TRUE(seven.strokes[0][1].corner);
  EXPECT_EQ(alphabet[7][1].weight, 2u);
}

TEST(PenStrokes, OfTheProgramHaveSeveralWaysOfWritingEachDigit) {
  for (const std::vector<Allograph>& ways : parse_strokes(embedded::strokes))
    EXPECT_GE(ways.size(), 5u);
}

TEST(PenStrokes, ThatCannotBeReadAreNamedByTheirLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"digit 10 weight 1\n0,0 1,1\n", "line 1: a digit that is not 0 to 9"},
      {"digit 1 height 1\n0,0 1,1\n", "line 1: no weight"},
      {"digit 1 weight 0\n0,0 1,1\n", "line 1: a weight of 0"},
      {"digit 1 weight 1\n\n0,0 1;1\n", "line 3: 1;1: not a whole number"},
      {"digit 1 weight 1\n0,0 1\n", "line 2: : not a whole number"},
      {"digit 1 weight 1\n0,0*\n", "line 2: a stroke of fewer than two points"},
      {"0,0 1,1\n", "line 1: a stroke before the first digit"},
      {"digit 1 weight 1\ndigit 2 weight 1\n0,0 1,1\n",
       "line 2: a digit without a stroke before it"},
  };
  for (const auto& [text, message] : cases) {
    try {
      parse_strokes(text + ten_digits());
      ADD_FAILURE() << "read: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::bug);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
  EXPECT_THROW(parse_strokes(""), Error);
}

TEST(Trace, PassesThroughEveryKnot) {
  const Stroke stroke{{{0, 0}}, {{1, 0.5f}}, {{0, 1}}};
  std::vector<Point> curve;
  trace(stroke, 4, curve);
  ASSERT_EQ(curve.size(), 9u);
  for (std::size_t knot = 0; knot < stroke.size(); ++knot) {
    EXPECT_FLOAT_EQ(curve[4 * knot].x, stroke[knot].at.x);
    EXPECT_FLOAT_EQ(curve[4 * knot].y, stroke[knot].at.y);
  }
  // Round at the knot in the middle: as far to the right just before it as just after.
  EXPECT_FLOAT_EQ(curve[3].x, curve[5].x);
  EXPECT_GT(curve[3].x, 0.75f);
}

TEST(Trace, IsStraightBetweenCorners) {
  const Stroke stroke{{{0, 0}}, {{1, 0}, true}, {{1, 1}, true}, {{0, 1}}};
  std::vector<Point> curve;
  trace(stroke, 4, curve);
  for (std::size_t i = 0; i <= 4; ++i) {
    EXPECT_FLOAT_EQ(curve[i].y, 0);
    EXPECT_FLOAT_EQ(curve[4 + i].x, 1);
    EXPECT_FLOAT_EQ(curve[8 + i].y, 1);
  }
}

}  // namespace
}  // namespace mnist
