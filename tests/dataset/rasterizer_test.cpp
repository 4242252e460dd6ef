#include "dataset/rasterizer.hpp"

#include <gtest/gtest.h>

namespace mnist {
namespace {

int pixel(const DigitImage& image, int row, int column) {
  return image[static_cast<std::size_t>(row * image_side + column)];
}

// A line of radius 1 and length 18 fills the box from top to bottom; its sides, two pixels apart,
// lie between pixels. Its middle is between two rows, of which the mass has to take one.
TEST(Rasterizer, DrawsALineWithRoundEnds) {
  const InkPoint line[] = {{5, 1, 1, false}, {5, 19, 1, true}};
  const DigitImage image = draw(line, 1);
  for (int row = 0; row < image_side; ++row)
    for (int column = 0; column < image_side; ++column) {
      const bool beside = column < 13 || column > 14 || row < 4 || row > 23;
      EXPECT_EQ(pixel(image, row, column) == 0, beside) << row << ' ' << column;
    }
  for (int row = 6; row < 22; ++row) {
    EXPECT_EQ(pixel(image, row, 13), 255);
    EXPECT_EQ(pixel(image, row, 14), 255);
  }
  // The corner pixel's centre is half a diagonal from the pen's: 1 - 0.7071 + 0.5 of it is ink.
  EXPECT_EQ(pixel(image, 4, 13), static_cast<int>(255 * (1.5 - 0.70710678) + 0.5));
  EXPECT_EQ(pixel(image, 23, 14), pixel(image, 4, 13));
}

TEST(Rasterizer, ScalesAndMovesAnyInkIntoTheBox) {
  const InkPoint small[] = {{0, 0, 0.25f, false}, {2, 3, 0.5f, true}, {4, 0, 0.25f, true}};
  InkPoint large[3];
  for (int i = 0; i < 3; ++i)
    large[i] = {64 * small[i].x - 512, 64 * small[i].y + 1024, 64 * small[i].radius,
                small[i].pen_down};
  EXPECT_EQ(draw(small, 1), draw(large, 1));
}

TEST(Rasterizer, LeavesPaperBlankWhereThePenIsLifted) {
  const InkPoint bars[] = {
      {0, 0, 1, false}, {0, 18, 1, true}, {18, 0, 1, false}, {18, 18, 1, true}};
  const DigitImage image = draw(bars, 1);
  for (int row = 0; row < image_side; ++row) EXPECT_EQ(pixel(image, row, 14), 0);
  EXPECT_EQ(pixel(image, 14, 4), 255);
  EXPECT_EQ(pixel(image, 14, 23), 255);
}

// Two bars on the left and one on the right: the box moves, so that the mass is in the middle.
TEST(Rasterizer, CentresTheMassAndNotTheBox) {
  const InkPoint bars[] = {{0, 0, 1, false}, {0, 18, 1, true},  {2, 0, 1, false},
                           {2, 18, 1, true}, {18, 0, 1, false}, {18, 18, 1, true}};
  const DigitImage image = draw(bars, 1);
  EXPECT_EQ(pixel(image, 14, 6), 0);
  EXPECT_EQ(pixel(image, 14, 7), 255);
  EXPECT_EQ(pixel(image, 14, 26), 255);
  EXPECT_EQ(pixel(image, 14, 27), 0);
}

// A long hair below a blot: with the blot in the middle the hair would leave the image.
TEST(Rasterizer, KeepsTheBoxInTheImage) {
  const InkPoint pin[] = {
      {0, 0, 4, false}, {0, 0, 4, true}, {0, 2, 0.2f, false}, {0, 15.8f, 0.2f, true}};
  const DigitImage image = draw(pin, 1);
  for (int row = 8; row < image_side; ++row) EXPECT_GT(pixel(image, row, 14), 0) << row;
}

}  // namespace
}  // namespace mnist
