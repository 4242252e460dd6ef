#include "picture/digit_picture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "picture/drawn_digits.hpp"

namespace mnist {
namespace {

using testing::Each;

GrayPicture filled(int width, int height, std::uint8_t shade) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(width * height), shade)};
}

// A bar of ink, as wide as it is told, from 20 to 80 rows below `top`.
GrayPicture with_bar(GrayPicture picture, int left, int width, int top, std::uint8_t shade) {
  for (int y = top + 20; y < top + 80; ++y)
    for (int x = left; x < left + width; ++x)
      picture.pixels[static_cast<std::size_t>(y * picture.width + x)] = shade;
  return picture;
}

GrayPicture inverse(GrayPicture picture) {
  for (std::uint8_t& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return picture;
}

struct Extent {
  int left = digit_side, right = -1, top = digit_side, bottom = -1;
  double middle_x = 0, middle_y = 0;  // of mass
  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
};

Extent extent_of(const DigitPicture& picture) {
  Extent extent;
  double mass = 0;
  for (int y = 0; y < digit_side; ++y)
    for (int x = 0; x < digit_side; ++x) {
      const int value = picture[static_cast<std::size_t>(y * digit_side + x)];
      if (value == 0) continue;
      extent.left = std::min(extent.left, x);
      extent.right = std::max(extent.right, x);
      extent.top = std::min(extent.top, y);
      extent.bottom = std::max(extent.bottom, y);
      extent.middle_x += x * value;
      extent.middle_y += y * value;
      mass += value;
    }
  extent.middle_x /= mass;
  extent.middle_y /= mass;
  return extent;
}

TEST(DigitPicture, OfWhatHasNoInkIsAllPaper) {
  EXPECT_THAT(digit_picture({}), Each(0));
  for (const int side : {1, 2, 28, 300})
    for (const std::uint8_t shade : std::array<std::uint8_t, 3>{0, 100, 255})
      EXPECT_THAT(digit_picture(filled(side, side, shade)), Each(0)) << side << ", " << int{shade};
  GrayPicture gradient = filled(200, 100, 0);
  for (std::size_t i = 0; i < gradient.pixels.size(); ++i)
    gradient.pixels[i] = static_cast<std::uint8_t>(100 + i % 200 / 2);
  EXPECT_THAT(digit_picture(gradient), Each(0));
}

TEST(DigitPicture, FillsABoxOf20AndIsCentredByMass) {
  for (std::uint32_t number = 0; number < 60; ++number)
    for (const Paper paper : {Paper::plain, Paper::uneven, Paper::squared, Paper::on_table}) {
      const Extent extent = extent_of(digit_picture(drawn_digit(number, paper).picture));
      const auto where = testing::Message() << "digit " << number << ", paper " << int(paper);
      EXPECT_LE(std::max(extent.width(), extent.height()), 20) << where;
      EXPECT_GE(std::max(extent.width(), extent.height()), 18) << where;
      EXPECT_NEAR(extent.middle_x, 14, 0.51) << where;
      EXPECT_NEAR(extent.middle_y, 14, 0.51) << where;
    }
}

TEST(DigitPicture, IsTheSameWhereverTheDigitIsDrawn) {
  const GrayPicture paper = filled(300, 200, 255);
  const DigitPicture expected = digit_picture(with_bar(paper, 100, 8, 40, 0));
  EXPECT_EQ(digit_picture(with_bar(paper, 20, 8, 10, 0)), expected);
  EXPECT_EQ(digit_picture(with_bar(paper, 270, 8, 110, 0)), expected);
}

TEST(DigitPicture, IsTheSameForDarkOnLightAndLightOnDark) {
  EXPECT_EQ(digit_picture(with_bar(filled(300, 200, 255), 100, 8, 40, 0)),
            digit_picture(with_bar(filled(300, 200, 0), 100, 8, 40, 255)));
}

TEST(DigitPicture, GivesThinAndBoldPensAThicknessThatTheNetworkKnows) {
  for (const int width : {1, 2, 4, 8, 16, 24}) {
    const Extent bar = extent_of(digit_picture(with_bar(filled(300, 200, 255), 100, width, 40, 0)));
    EXPECT_GE(bar.width(), 2) << width;
    EXPECT_LE(bar.width(), 5) << width;
  }
}

TEST(DigitPicture, LeavesOutSpecksAndWhatIsCutByTheEdge) {
  const GrayPicture bar = with_bar(filled(300, 200, 230), 100, 8, 40, 20);
  GrayPicture dirty = bar;
  for (const int x : {3, 60, 140}) dirty.pixels[static_cast<std::size_t>(70 * 300 + x)] = 0;
  for (int y = 0; y < 200; ++y)  // the edge of the paper
    for (int x = 290; x < 300; ++x) dirty.pixels[static_cast<std::size_t>(y * 300 + x)] = 40;
  EXPECT_EQ(digit_picture(dirty), digit_picture(bar));
}

TEST(DigitPicture, LeavesOutTheTableThatASheetLiesOn) {
  const GrayPicture sheet = with_bar(filled(300, 200, 220), 140, 8, 60, 30);
  const DigitPicture expected = digit_picture(sheet);
  for (const int table : {20, 50, 120, 180})
    for (const double slope : {0.0, 0.12}) {
      GrayPicture picture = sheet;
      for (int y = 0; y < 200; ++y)
        for (int x = 0; x < 300; ++x) {
          const double across = x - slope * (y - 100), down = y + slope * (x - 150);
          if (across < 40 || across > 230 || down < 25 || down > 180)
            picture.pixels[static_cast<std::size_t>(y * 300 + x)] =
                static_cast<std::uint8_t>(table);
        }
      EXPECT_EQ(digit_picture(picture), expected) << table << ", " << slope;
      EXPECT_EQ(digit_picture(inverse(picture)), expected) << table << ", " << slope << ", light";
    }
}

TEST(DigitPicture, LeavesOutAFrame) {
  const GrayPicture bar = with_bar(filled(300, 200, 220), 140, 4, 60, 30);
  GrayPicture framed = bar;
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 300; ++x)
      if (x < 3 || y < 3 || x >= 297 || y >= 197)
        framed.pixels[static_cast<std::size_t>(y * 300 + x)] = 0;
  EXPECT_EQ(digit_picture(framed), digit_picture(bar));
}

TEST(DigitPicture, LeavesOutTheEdgeOfADeepShadow) {
  const GrayPicture bar = with_bar(filled(300, 200, 220), 160, 3, 60, 120);
  const Extent expected = extent_of(digit_picture(bar));
  for (const int edge : {90, 120})
    for (const bool lit_left : {true, false}) {
      GrayPicture shaded = bar;
      for (int y = 0; y < 200; ++y)
        for (int x = 0; x < 300; ++x)
          if ((x + y / 4 < edge) != lit_left)
            shaded.pixels[static_cast<std::size_t>(y * 300 + x)] /= 2;
      const Extent extent = extent_of(digit_picture(shaded));
      const auto where = testing::Message() << edge << ", lit on the left: " << lit_left;
      EXPECT_NEAR(extent.width(), expected.width(), 1) << where;
      EXPECT_NEAR(extent.height(), expected.height(), 1) << where;
    }
}

TEST(DigitPicture, KeepsABarThatIsDrawnApart) {
  GrayPicture bar = with_bar(filled(300, 200, 230), 100, 8, 40, 20);
  const Extent alone = extent_of(digit_picture(bar));
  for (int y = 55; y < 63; ++y)
    for (int x = 115; x < 145; ++x) bar.pixels[static_cast<std::size_t>(y * 300 + x)] = 20;
  EXPECT_GT(extent_of(digit_picture(bar)).width(), alone.width() + 5);
}

}  // namespace
}  // namespace mnist
