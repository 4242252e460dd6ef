// Whole numbers only, and function by function as in data/page/digit_picture.js: change both.
#include "picture/ink.hpp"

#include <algorithm>
#include <utility>

namespace mnist {
namespace {

using Whole = std::int64_t;

constexpr int cells = 32;  // that a picture's longer side has where its paper is looked at

// A morphological closing: what is dark and smaller than a square of 2 * reach + 1 goes.
GrayPicture closed(const GrayPicture& from, int reach) {
  const int window = 2 * reach + 1;
  GrayPicture brightest = blank(from.width + 2 * reach, from.height + 2 * reach);
  for (int y = 0; y < brightest.height; ++y)
    for (int x = 0; x < brightest.width; ++x) {
      int most = 0;
      for (int row = std::max(0, y - window + 1); row <= std::min(from.height - 1, y); ++row)
        for (int column = std::max(0, x - window + 1); column <= std::min(from.width - 1, x);
             ++column)
          most = std::max(most, at(from, column, row));
      set(brightest, x, y, most);
    }
  GrayPicture to = blank(from.width, from.height);
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      int least = 255;
      for (int row = y; row < y + window; ++row)
        for (int column = x; column < x + window; ++column)
          least = std::min(least, at(brightest, column, row));
      set(to, x, y, least);
    }
  return to;
}

// Each pixel becomes the darkest of its nine neighbours.
GrayPicture darkened(const GrayPicture& from) {
  GrayPicture to = blank(from.width, from.height);
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      int least = 255;
      for (int row = std::max(0, y - 1); row <= std::min(from.height - 1, y + 1); ++row)
        for (int column = std::max(0, x - 1); column <= std::min(from.width - 1, x + 1); ++column)
          least = std::min(least, at(from, column, row));
      set(to, x, y, least);
    }
  return to;
}

// Each pixel becomes the mean of those up to `reach` away.
GrayPicture blurred(const GrayPicture& from, int reach) {
  GrayPicture to = blank(from.width, from.height);
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      int sum = 0;
      int count = 0;
      for (int row = std::max(0, y - reach); row <= std::min(from.height - 1, y + reach); ++row)
        for (int column = std::max(0, x - reach); column <= std::min(from.width - 1, x + reach);
             ++column) {
          sum += at(from, column, row);
          ++count;
        }
      set(to, x, y, sum / count);
    }
  return to;
}

// As large as another; in between pixels it is as far between their values (bilinear).
GrayPicture stretched(const GrayPicture& from, const GrayPicture& like) {
  const int width = like.width;
  const int height = like.height;
  GrayPicture to = blank(width, height);
  for (int y = 0; y < height; ++y) {
    const int v = std::clamp((2 * y + 1) * from.height - height, 0, 2 * height * (from.height - 1));
    const int above = v / (2 * height);
    const int below = std::min(above + 1, from.height - 1);
    const int low = v % (2 * height);
    for (int x = 0; x < width; ++x) {
      const int u = std::clamp((2 * x + 1) * from.width - width, 0, 2 * width * (from.width - 1));
      const int left = u / (2 * width);
      const int right = std::min(left + 1, from.width - 1);
      const int far = u % (2 * width);
      const Whole upper = at(from, left, above) * (2 * width - far) + at(from, right, above) * far;
      const Whole lower = at(from, left, below) * (2 * width - far) + at(from, right, below) * far;
      set(to, x, y, (upper * (2 * height - low) + lower * low) / (Whole{4} * width * height));
    }
  }
  return to;
}

// How much darker each pixel is than the paper around it, as a share of the paper's brightness.
// Between a light cell and a dark one the paper is as dark as the latter: where a shadow or the
// sheet ends, nothing is inked.
GrayPicture ink_of(const GrayPicture& picture) {
  constexpr int reach = 6;           // in cells; wider than any stroke
  constexpr int darkest_paper = 64;  // below, the share would be of noise
  const GrayPicture paper = stretched(darkened(closed(shrunk(picture, cells), reach)), picture);
  GrayPicture ink = blank(picture.width, picture.height);
  for (std::size_t i = 0; i < ink.pixels.size(); ++i) {
    const int darker = std::max(0, paper.pixels[i] - picture.pixels[i]);
    ink.pixels[i] = static_cast<std::uint8_t>(
        std::min(255, 255 * darker / std::max<int>(darkest_paper, paper.pixels[i])));
  }
  return ink;
}

// Strokes cover less than the paper between them, so they are farther from the mean around them.
// That counts where there are strokes, or what is as narrow: the table around a sheet and the edge
// of a shadow are far from it, too.
bool is_light_on_dark(const GrayPicture& picture) {
  constexpr int reach = 5;         // in cells
  constexpr int narrow_reach = 2;  // as wide as bold strokes
  const GrayPicture small = shrunk(picture, cells);
  const GrayPicture around = stretched(blurred(small, reach), picture);
  const GrayPicture lightest = stretched(closed(small, narrow_reach), picture);
  const GrayPicture darkest = stretched(inverted(closed(inverted(small), narrow_reach)), picture);
  Whole sum = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    const Whole lighter = picture.pixels[i] - around.pixels[i];
    const int narrow = std::max(0, lightest.pixels[i] - darkest.pixels[i]);
    sum += (1 + narrow) * lighter * lighter * lighter;
  }
  return sum > 0;
}

// The most ink that nine neighbours have on average.
int strongest(const GrayPicture& ink) {
  int most = 0;
  for (int y = 0; y < ink.height; ++y)
    for (int x = 0; x < ink.width; ++x) {
      int sum = 0;
      for (int row = y - 1; row <= y + 1; ++row)
        for (int column = x - 1; column <= x + 1; ++column) sum += at_or_0(ink, column, row);
      most = std::max(most, sum / 9);
    }
  return most;
}

// A connected part of the ink.
struct Part {
  std::vector<std::size_t> pixels;
  Whole mass = 0;
  bool at_edge = false;  // of the picture
  int left = 0, right = 0, top = 0, bottom = 0;
};

std::vector<Part> parts_of(const GrayPicture& ink, int threshold) {
  std::vector<Part> parts;
  GrayPicture seen = blank(ink.width, ink.height);
  for (std::size_t start = 0; start < ink.pixels.size(); ++start) {
    if (ink.pixels[start] < threshold || seen.pixels[start]) continue;
    Part part{.pixels = {start}, .left = ink.width, .top = ink.height};
    seen.pixels[start] = 1;
    for (std::size_t next = 0; next < part.pixels.size(); ++next) {
      const std::size_t pixel = part.pixels[next];
      const int x = static_cast<int>(pixel % static_cast<std::size_t>(ink.width));
      const int y = static_cast<int>(pixel / static_cast<std::size_t>(ink.width));
      part.mass += ink.pixels[pixel];
      part.at_edge |= x == 0 || y == 0 || x == ink.width - 1 || y == ink.height - 1;
      part.left = std::min(part.left, x);
      part.right = std::max(part.right, x);
      part.top = std::min(part.top, y);
      part.bottom = std::max(part.bottom, y);
      for (int row = y - 1; row <= y + 1; ++row)
        for (int column = x - 1; column <= x + 1; ++column) {
          if (at_or_0(ink, column, row) < threshold) continue;
          const std::size_t neighbour = place(ink, column, row);
          if (seen.pixels[neighbour]) continue;
          seen.pixels[neighbour] = 1;
          part.pixels.push_back(neighbour);
        }
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

// The heaviest, or the heaviest that is whole where it is not much lighter: an edge of the paper is
// cut off by the picture's.
const Part& main_part(const std::vector<Part>& parts) {
  const Part* heaviest = &parts.front();
  const Part* whole = nullptr;
  for (const Part& part : parts) {
    if (part.mass > heaviest->mass) heaviest = &part;
    if (!part.at_edge && (!whole || part.mass > whole->mass)) whole = &part;
  }
  return whole && 16 * whole->mass > heaviest->mass ? *whole : *heaviest;
}

bool belongs_to(const Part& part, const Part& main) {
  constexpr int speck = 24;  // of the main part's mass
  if (part.mass * speck < main.mass || (part.at_edge && !main.at_edge)) return false;
  const int reach = std::max(main.right - main.left, main.bottom - main.top) / 2;
  return part.left <= main.right + reach && part.right >= main.left - reach &&
         part.top <= main.bottom + reach && part.bottom >= main.top - reach;
}

// The strokes of the digit alone.
GrayPicture cut_out(const GrayPicture& ink) {
  constexpr int least_contrast = 20;
  const int most = strongest(ink);
  if (most < least_contrast) return {};
  const int threshold = most * 2 / 5;
  const std::vector<Part> parts = parts_of(ink, threshold);
  const Part& main = main_part(parts);
  GrayPicture digit = blank(ink.width, ink.height);
  int left = ink.width, right = 0, top = ink.height, bottom = 0;
  const int low = threshold / 2;
  const int high = threshold + threshold / 2;
  for (const Part& part : parts) {
    if (!belongs_to(part, main)) continue;
    left = std::min(left, part.left);
    right = std::max(right, part.right);
    top = std::min(top, part.top);
    bottom = std::max(bottom, part.bottom);
    for (const std::size_t pixel : part.pixels) {
      const int x = static_cast<int>(pixel % static_cast<std::size_t>(ink.width));
      const int y = static_cast<int>(pixel / static_cast<std::size_t>(ink.width));
      for (int row = std::max(0, y - 1); row <= std::min(ink.height - 1, y + 1); ++row)
        for (int column = std::max(0, x - 1); column <= std::min(ink.width - 1, x + 1); ++column)
          set(digit, column, row,
              std::clamp(255 * (at(ink, column, row) - low) / (high - low), 0, 255));
    }
  }
  const Box box{left, top, right - left + 1, bottom - top + 1};
  return resized(digit, box, box.width, box.height);
}

}  // namespace

GrayPicture digit_in_ink(const GrayPicture& picture) {
  return cut_out(ink_of(is_light_on_dark(picture) ? inverted(picture) : picture));
}

}  // namespace mnist
