// Whole numbers only, and function by function as in data/page/digit_picture.js: change both.
#include "picture/digit_picture.hpp"

#include <algorithm>
#include <cstddef>

namespace mnist {
namespace {

using Whole = std::int64_t;

constexpr int cells = 32;  // that a picture's longer side has where its paper is looked at

struct Box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

GrayPicture blank(int width, int height) {
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  return {width, height, std::vector<std::uint8_t>(size)};
}

Box all_of(const GrayPicture& picture) { return {0, 0, picture.width, picture.height}; }

std::size_t place(const GrayPicture& picture, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
         static_cast<std::size_t>(x);
}

int at(const GrayPicture& picture, int x, int y) { return picture.pixels[place(picture, x, y)]; }

// What lies outside is 0.
int at_or_0(const GrayPicture& picture, int x, int y) {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return 0;
  return at(picture, x, y);
}

void set(GrayPicture& picture, int x, int y, Whole value) {
  picture.pixels[place(picture, x, y)] = static_cast<std::uint8_t>(value);
}

// A part of a picture in another size, each pixel the mean of the area that it covers.
GrayPicture resized(const GrayPicture& from, const Box& box, int width, int height) {
  GrayPicture to = blank(width, height);
  const Whole area = Whole{box.width} * box.height;
  for (int y = 0; y < height; ++y) {
    const Whole top = Whole{y} * box.height;  // in rows / height
    const Whole bottom = top + box.height;
    for (int x = 0; x < width; ++x) {
      const Whole left = Whole{x} * box.width;  // in columns / width
      const Whole right = left + box.width;
      Whole sum = 0;
      for (Whole row = top / height; row * height < bottom; ++row) {
        const Whole rows = std::min((row + 1) * height, bottom) - std::max(row * height, top);
        for (Whole column = left / width; column * width < right; ++column) {
          const Whole columns =
              std::min((column + 1) * width, right) - std::max(column * width, left);
          sum += rows * columns *
                 at(from, box.left + static_cast<int>(column), box.top + static_cast<int>(row));
        }
      }
      set(to, x, y, (2 * sum + area) / (2 * area));
    }
  }
  return to;
}

// As large as it fits into side x side.
GrayPicture fitted(const GrayPicture& from, const Box& box, int side) {
  const int longest = std::max(box.width, box.height);
  const auto scaled = [&](Whole length) {
    return static_cast<int>(std::max(Whole{1}, (2 * length * side + longest) / (2 * longest)));
  };
  return resized(from, box, scaled(box.width), scaled(box.height));
}

// No larger than side x side.
GrayPicture shrunk(const GrayPicture& from, int side) {
  return std::max(from.width, from.height) > side ? fitted(from, all_of(from), side) : from;
}

GrayPicture inverted(const GrayPicture& from) {
  GrayPicture to = from;
  for (std::uint8_t& pixel : to.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  return to;
}

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

// In between pixels it is as far between their values (bilinear).
GrayPicture stretched(const GrayPicture& from, int width, int height) {
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
GrayPicture ink_of(const GrayPicture& picture) {
  constexpr int reach = 6;           // in cells; wider than any stroke
  constexpr int darkest_paper = 64;  // below, the share would be of noise
  const GrayPicture paper =
      stretched(closed(shrunk(picture, cells), reach), picture.width, picture.height);
  GrayPicture ink = blank(picture.width, picture.height);
  for (std::size_t i = 0; i < ink.pixels.size(); ++i) {
    const int darker = std::max(0, paper.pixels[i] - picture.pixels[i]);
    ink.pixels[i] = static_cast<std::uint8_t>(
        std::min(255, 255 * darker / std::max<int>(darkest_paper, paper.pixels[i])));
  }
  return ink;
}

// Strokes cover less than the paper between them, so they are farther from the mean around them.
bool is_light_on_dark(const GrayPicture& picture) {
  constexpr int reach = 8;  // in cells
  const GrayPicture around =
      stretched(blurred(shrunk(picture, cells), reach), picture.width, picture.height);
  Whole sum = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    const Whole lighter = picture.pixels[i] - around.pixels[i];
    sum += lighter * lighter * lighter;
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
  return whole && 8 * whole->mass > heaviest->mass ? *whole : *heaviest;
}

bool belongs_to(const Part& part, const Part& main) {
  constexpr int speck = 24;  // of the main part's mass
  if (part.mass * speck < main.mass || (part.at_edge && !main.at_edge)) return false;
  const int reach = std::max(main.right - main.left, main.bottom - main.top) / 2;
  return part.left <= main.right + reach && part.right >= main.left - reach &&
         part.top <= main.bottom + reach && part.bottom >= main.top - reach;
}

// The digit alone, cut out, from 0 (paper) to 255.
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

// How far strokes have to grow on each side, or to shrink where that is negative, to be as thick as
// most of MNIST's. A stroke's area is length * thickness, its outline 2 * length, which steps of
// pixels make 14 / 11 (4 / pi) longer.
int lacking(const GrayPicture& digit, int thinnest, int thickest) {
  Whole area = 0;
  Whole outline = 0;
  for (int y = 0; y <= digit.height; ++y)
    for (int x = 0; x <= digit.width; ++x) {
      const bool inside = at_or_0(digit, x, y) >= 128;
      area += inside;
      outline += inside != (at_or_0(digit, x - 1, y) >= 128);
      outline += inside != (at_or_0(digit, x, y - 1) >= 128);
    }
  if (outline == 0) return 0;
  const Whole thickness = 28 * area / (11 * outline);
  if (thickness < thinnest) return static_cast<int>((thinnest - thickness + 1) / 2);
  if (thickness > thickest) return -static_cast<int>((thickness - thickest) / 2);
  return 0;
}

// Each pixel becomes the most within a circle, or the least where the radius is negative.
GrayPicture grown(const GrayPicture& from, int radius) {
  const int reach = std::abs(radius);
  GrayPicture to =
      blank(std::max(1, from.width + 2 * radius), std::max(1, from.height + 2 * radius));
  for (int y = 0; y < to.height; ++y)
    for (int x = 0; x < to.width; ++x) {
      int value = radius < 0 ? 255 : 0;
      for (int down = -reach; down <= reach; ++down)
        for (int right = -reach; right <= reach; ++right) {
          if (right * right + down * down > reach * reach) continue;
          const int other = at_or_0(from, x - radius + right, y - radius + down);
          value = radius < 0 ? std::min(value, other) : std::max(value, other);
        }
      set(to, x, y, value);
    }
  return to;
}

Whole sum_of(const GrayPicture& picture) {
  Whole sum = 0;
  for (const std::uint8_t pixel : picture.pixels) sum += pixel;
  return sum;
}

// With its centre of mass in the middle.
DigitPicture centred(const GrayPicture& digit) {
  Whole sum_x = 0;
  Whole sum_y = 0;
  for (int y = 0; y < digit.height; ++y)
    for (int x = 0; x < digit.width; ++x) {
      sum_x += Whole{x} * at(digit, x, y);
      sum_y += Whole{y} * at(digit, x, y);
    }
  const Whole mass = std::max(Whole{1}, sum_of(digit));
  const auto offset = [&](Whole sum, int length) {
    const Whole middle = digit_side / 2 - (2 * sum + mass) / (2 * mass);
    return static_cast<int>(std::clamp(middle, Whole{0}, Whole{digit_side - length}));
  };
  const int left = offset(sum_x, digit.width);
  const int top = offset(sum_y, digit.height);
  DigitPicture picture{};
  for (int y = 0; y < digit.height; ++y)
    for (int x = 0; x < digit.width; ++x)
      picture[static_cast<std::size_t>((top + y) * digit_side + left + x)] =
          static_cast<std::uint8_t>(at(digit, x, y));
  return picture;
}

}  // namespace

DigitPicture digit_picture(const GrayPicture& picture) {
  constexpr int working_side = 400;
  constexpr int fine_side = 100;  // where strokes grow
  constexpr int thinnest = 11;    // strokes, of that
  constexpr int thickest = 14;
  constexpr int box_side = 20;
  if (picture.pixels.empty()) return {};
  GrayPicture working = shrunk(picture, working_side);
  if (is_light_on_dark(working)) working = inverted(working);
  const GrayPicture digit = cut_out(ink_of(working));
  if (digit.pixels.empty()) return {};
  const GrayPicture fine = fitted(digit, all_of(digit), fine_side);
  const GrayPicture strokes = grown(fine, lacking(fine, thinnest, thickest));
  return centred(fitted(strokes, all_of(strokes), box_side));
}

}  // namespace mnist
