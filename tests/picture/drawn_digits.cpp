#include "picture/drawn_digits.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mnist {
namespace {

struct Point {
  double x = 0;
  double y = 0;
};
using Stroke = std::vector<Point>;  // a curve through its points
using Hand = std::vector<Stroke>;   // in a square of 100, y downwards

// Each digit as several people write it.
const std::vector<Hand> hands[10] = {
    {{{{52, 3}, {25, 18}, {15, 50}, {25, 85}, {52, 97}, {78, 84}, {86, 50}, {77, 17}, {52, 3}}},
     {{{60, 5}, {35, 8}, {20, 40}, {24, 80}, {48, 97}, {72, 78}, {80, 40}, {66, 10}, {46, 2}}},
     {{{40, 2}, {14, 30}, {14, 66}, {40, 97}, {70, 90}, {88, 60}, {80, 22}, {52, 6}, {36, 12}}}},
    {{{{50, 2}, {50, 50}, {50, 98}}},
     {{{30, 25}, {42, 16}, {54, 3}}, {{54, 3}, {53, 50}, {52, 97}}},
     {{{34, 20}, {55, 3}}, {{55, 3}, {54, 96}}, {{32, 97}, {76, 96}}},
     {{{60, 2}, {52, 50}, {42, 98}}}},
    {{{{18, 26}, {30, 7}, {56, 3}, {76, 20}, {70, 44}, {44, 70}, {17, 94}},
      {{17, 94}, {50, 93}, {84, 94}}},
     {{{20, 20},
       {44, 3},
       {72, 14},
       {70, 42},
       {40, 80},
       {22, 92},
       {18, 80},
       {34, 76},
       {58, 90},
       {86, 92}}},
     {{{14, 30}, {34, 4}, {64, 6}, {74, 30}, {56, 60}, {20, 96}}, {{20, 96}, {82, 90}}}},
    {{{{20, 12}, {48, 3}, {72, 16}, {68, 38}, {42, 48}},
      {{42, 48}, {72, 56}, {80, 76}, {60, 95}, {34, 96}, {16, 84}}},
     {{{18, 6}, {76, 5}}, {{76, 5}, {44, 40}}, {{44, 40}, {74, 52}, {78, 80}, {50, 97}, {18, 88}}},
     {{{26, 8}, {60, 2}, {74, 24}, {58, 44}, {40, 46}, {66, 52}, {82, 72}, {64, 94}, {22, 92}}}},
    {{{{40, 3}, {28, 34}, {16, 60}},
      {{16, 60}, {50, 59}, {86, 58}},
      {{66, 34}, {64, 66}, {62, 98}}},
     {{{22, 4}, {20, 30}, {24, 50}}, {{24, 50}, {50, 52}, {76, 46}}, {{76, 4}, {74, 50}, {72, 98}}},
     {{{68, 98}, {66, 50}, {66, 3}},
      {{66, 3}, {38, 36}, {12, 66}},
      {{12, 66}, {50, 66}, {90, 66}}}},
    {{{{76, 4}, {30, 5}},
      {{30, 5}, {24, 42}},
      {{24, 42}, {54, 36}, {80, 54}, {76, 84}, {48, 97}, {18, 88}}},
     {{{32, 6}, {28, 44}},
      {{28, 44}, {60, 40}, {78, 62}, {66, 90}, {36, 97}, {16, 86}},
      {{36, 8}, {80, 3}}},
     {{{82, 6}, {36, 10}, {24, 40}, {56, 46}, {76, 68}, {58, 94}, {20, 92}}}},
    {{{{66, 3}, {38, 22}, {20, 56}, {26, 86}, {54, 97}, {78, 80}, {70, 56}, {44, 52}, {24, 70}}},
     {{{52, 2}, {26, 40}, {22, 80}, {46, 98}, {70, 86}, {72, 64}, {50, 56}, {28, 70}}},
     {{{74, 10}, {50, 4}, {24, 36}, {22, 78}, {50, 97}, {80, 84}, {76, 58}, {48, 50}, {26, 62}}}},
    {{{{16, 6}, {80, 5}}, {{80, 5}, {58, 48}, {40, 98}}},
     {{{18, 10}, {50, 6}, {84, 4}}, {{84, 4}, {60, 40}, {46, 97}}, {{34, 50}, {76, 48}}},
     {{{16, 18}, {20, 6}}, {{20, 6}, {78, 8}}, {{78, 8}, {62, 50}, {56, 98}}}},
    {{{{74, 16},
       {48, 3},
       {26, 20},
       {44, 44},
       {70, 64},
       {70, 88},
       {48, 97},
       {26, 86},
       {30, 62},
       {56, 44},
       {74, 16}}},
     {{{50, 48}, {28, 30}, {34, 8}, {60, 4}, {72, 24}, {50, 48}},
      {{50, 48}, {22, 66}, {28, 92}, {60, 97}, {78, 76}, {50, 48}}},
     {{{66, 8},
       {36, 6},
       {30, 30},
       {60, 50},
       {76, 76},
       {52, 97},
       {24, 84},
       {34, 58},
       {64, 34},
       {66, 8}}}},
    {{{{72, 28}, {50, 46}, {26, 34}, {34, 8}, {60, 3}, {74, 24}}, {{74, 24}, {70, 60}, {62, 98}}},
     {{{70, 12}, {42, 4}, {24, 26}, {40, 48}, {66, 38}, {72, 10}}, {{72, 10}, {72, 56}, {70, 97}}},
     {{{74, 26}, {54, 50}, {28, 42}, {28, 14}, {56, 2}, {76, 20}, {76, 60}, {60, 90}, {30, 95}}}},
};

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : bits_(seed) {}
  // Between the two, as std::uniform_real_distribution gives on one machine only.
  double between(double least, double most) {
    return least + (most - least) * (static_cast<double>(bits_()) / 4294967296.0);
  }
  bool happens(double share) { return between(0, 1) < share; }
  template <class List>
  const auto& one_of(const List& list) {
    return list[bits_() % list.size()];
  }

 private:
  std::mt19937 bits_;
};

// The curve through a stroke's points (Catmull and Rom), as many short lines.
Stroke curve(const Stroke& points) {
  constexpr int pieces = 12;
  Stroke result;
  const auto point = [&](std::size_t i) {
    return points[std::clamp<std::size_t>(i, 1, points.size()) - 1];  // its ends twice
  };
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point a = point(i - 1), b = point(i), c = point(i + 1), d = point(i + 2);
    for (int piece = 0; piece <= pieces; ++piece) {
      const double t = static_cast<double>(piece) / pieces;
      const auto at = [t](double p, double q, double r, double s) {
        return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
      };
      result.push_back({at(a.x, b.x, c.x, d.x), at(a.y, b.y, c.y, d.y)});
    }
  }
  return result;
}

double distance(Point from, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along =
      length > 0 ? std::clamp(((from.x - a.x) * dx + (from.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(from.x - a.x - along * dx, from.y - a.y - along * dy);
}

// A sheet of paper, which fills the picture or lies in it on a table.
struct Sheet {
  Point middle;
  double width = 0;
  double height = 0;
  double turn = 0;
  double table = 0;  // the table's share of the sheet's light

  // A point of the picture, from the sheet's upper left corner.
  Point on_it(Point point) const {
    const double x = point.x - middle.x, y = point.y - middle.y;
    return {x * std::cos(turn) + y * std::sin(turn) + width / 2,
            y * std::cos(turn) - x * std::sin(turn) + height / 2};
  }
  Point in_picture(Point point) const {
    const double x = point.x - width / 2, y = point.y - height / 2;
    return {x * std::cos(turn) - y * std::sin(turn) + middle.x,
            x * std::sin(turn) + y * std::cos(turn) + middle.y};
  }
  // How much of a pixel it covers, 0 to 1.
  double covers(int x, int y) const {
    const Point point = on_it({x + 0.5, y + 0.5});
    const double inside =
        std::min(std::min(point.x, width - point.x), std::min(point.y, height - point.y));
    return std::clamp(inside + 0.5, 0.0, 1.0);
  }
};

Sheet sheet_in(const GrayPicture& picture, Paper paper, Chance& chance) {
  const double width = picture.width, height = picture.height;
  if (paper != Paper::on_table) return {{width / 2, height / 2}, width, height};
  const double left = chance.between(0.05, 0.2), right = chance.between(0.05, 0.2);
  const double top = chance.between(0.05, 0.2), bottom = chance.between(0.05, 0.2);
  return {.middle = {width * (1 + left - right) / 2, height * (1 + top - bottom) / 2},
          .width = width * (1 - left - right),
          .height = height * (1 - top - bottom),
          .turn = chance.happens(0.5) ? chance.between(-0.15, 0.15) : 0,
          .table = chance.between(0.1, 0.8)};
}

// The hand with a style of its own, in pixels of a picture.
Hand placed(Hand hand, const Sheet& sheet, double size, Chance& chance) {
  const double turn = chance.between(-0.17, 0.17);
  const double slant = chance.between(-0.15, 0.45);
  const double width = chance.between(0.65, 1.1);
  for (Stroke& stroke : hand) {
    for (Point& point : stroke) {
      point.x = (point.x - 50 + chance.between(-4, 4)) * width - (point.y - 50) * slant;
      point.y += -50 + chance.between(-4, 4);
      point = {point.x * std::cos(turn) - point.y * std::sin(turn),
               point.x * std::sin(turn) + point.y * std::cos(turn)};
    }
    stroke = curve(stroke);
  }
  Point least{1e9, 1e9}, most{-1e9, -1e9};
  for (const Stroke& stroke : hand)
    for (const Point& point : stroke) {
      least = {std::min(least.x, point.x), std::min(least.y, point.y)};
      most = {std::max(most.x, point.x), std::max(most.y, point.y)};
    }
  const double scale = size / std::max(most.x - least.x, most.y - least.y);
  const double left = chance.between(0.1, 0.9) * (sheet.width - scale * (most.x - least.x));
  const double top = chance.between(0.1, 0.9) * (sheet.height - scale * (most.y - least.y));
  for (Stroke& stroke : hand)
    for (Point& point : stroke)
      point =
          sheet.in_picture({left + scale * (point.x - least.x), top + scale * (point.y - least.y)});
  return hand;
}

// How much of each pixel is ink, 0 to 1.
std::vector<double> inked(const Hand& hand, const GrayPicture& picture, double thickness) {
  std::vector<double> ink(picture.pixels.size());
  for (const Stroke& stroke : hand)
    for (std::size_t i = 0; i + 1 < stroke.size(); ++i) {
      const Point a = stroke[i], b = stroke[i + 1];
      const double reach = thickness / 2 + 1;
      const int left = std::max(0, static_cast<int>(std::min(a.x, b.x) - reach));
      const int right = std::min(picture.width - 1, static_cast<int>(std::max(a.x, b.x) + reach));
      const int top = std::max(0, static_cast<int>(std::min(a.y, b.y) - reach));
      const int bottom = std::min(picture.height - 1, static_cast<int>(std::max(a.y, b.y) + reach));
      for (int y = top; y <= bottom; ++y)
        for (int x = left; x <= right; ++x) {
          double& pixel = ink[static_cast<std::size_t>(y * picture.width + x)];
          const double away = distance({x + 0.5, y + 0.5}, a, b);
          pixel = std::max(pixel, std::clamp(thickness / 2 - away + 0.5, 0.0, 1.0));
        }
    }
  return ink;
}

// What a photograph adds, in shades.
class Light {
 public:
  Light(const GrayPicture& picture, Paper paper, Chance& chance)
      : picture_(picture),
        chance_(chance),
        uneven_(paper != Paper::plain),
        squared_(paper == Paper::squared),
        shaded_(paper == Paper::shaded),
        across_(chance.between(-0.25, 0.25)),
        down_(chance.between(-0.25, 0.25)),
        shadow_(shaded_               ? chance.between(0.45, 0.55)
                : chance.happens(0.5) ? chance.between(0.6, 0.9)
                                      : 1),
        shadow_edge_(chance.between(0.2, 0.8)),
        softness_(chance.between(0.01, shaded_ ? 0.1 : 0.2)),
        noise_(chance.between(0, 8)),
        ruled_(chance.between(0.75, 0.93)),
        pitch_(chance.between(0.08, 0.2)),
        lines_only_(chance.happens(0.5)) {}

  double on(int x, int y) const {
    if (!uneven_) return 1;
    const double u = (x + 0.5) / picture_.width, v = (y + 0.5) / picture_.height;
    const double edge = std::clamp((u + 0.3 * v - shadow_edge_) / softness_, 0.0, 1.0);
    double light = (1 + across_ * (u - 0.5) + down_ * (v - 0.5)) * (1 + (shadow_ - 1) * edge);
    const double pitch = std::max(8.0, pitch_ * picture_.height);
    const double rule = std::max(1.0, picture_.height / 250.0);
    if (squared_ &&
        (std::fmod(y + 3.0, pitch) < rule || (!lines_only_ && std::fmod(x + 5.0, pitch) < rule)))
      light *= ruled_;
    return light;
  }
  double noise() {
    return uneven_ ? noise_ * (chance_.between(-1, 1) + chance_.between(-1, 1)) : 0;
  }

 private:
  const GrayPicture& picture_;
  Chance& chance_;
  bool uneven_;
  bool squared_;
  bool shaded_;
  double across_, down_, shadow_, shadow_edge_, softness_, noise_, ruled_, pitch_;
  bool lines_only_;
};

}  // namespace

DrawnDigit drawn_digit(std::uint32_t number, Paper paper) {
  Chance chance(number * 4 + static_cast<std::uint32_t>(paper));
  DrawnDigit drawn{.digit = static_cast<int>(number % 10), .picture = {}};
  GrayPicture& picture = drawn.picture;
  picture.width = static_cast<int>(chance.between(paper == Paper::on_table ? 200 : 60, 640));
  picture.height = static_cast<int>(picture.width * chance.between(0.7, 1.4));
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height));

  const Sheet sheet = sheet_in(picture, paper, chance);
  const double smaller = std::min(sheet.width, sheet.height);
  const double size = std::max(28.0, smaller * chance.between(0.3, 0.85));
  const double thickness = std::max(1.5, size * chance.between(0.025, 0.16));
  const Hand hand = placed(chance.one_of(hands[drawn.digit]), sheet, size - thickness, chance);
  const std::vector<double> ink = inked(hand, picture, thickness);

  const bool dark = paper == Paper::squared || paper == Paper::shaded || chance.happens(0.7);
  const double bright_shade = dark ? chance.between(170, 255) : chance.between(150, 255);
  const double dark_shade =
      paper == Paper::shaded ? bright_shade * chance.between(0.4, 0.6) : chance.between(0, 90);
  const double table = dark ? bright_shade * sheet.table : dark_shade + 165 * sheet.table;
  Light light(picture, paper, chance);
  const auto specks = paper == Paper::plain ? 0 : static_cast<int>(chance.between(0, 6));
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const auto pixel = static_cast<std::size_t>(y * picture.width + x);
      const double share = dark ? 1 - ink[pixel] : ink[pixel];
      double shade = dark_shade + (bright_shade - dark_shade) * share;
      if (paper == Paper::on_table) shade += (table - shade) * (1 - sheet.covers(x, y));
      picture.pixels[pixel] =
          static_cast<std::uint8_t>(std::clamp(shade * light.on(x, y) + light.noise(), 0.0, 255.0));
    }
  for (int speck = 0; speck < specks; ++speck)
    picture.pixels[static_cast<std::size_t>(
        chance.between(0, static_cast<double>(picture.pixels.size())))] =
        static_cast<std::uint8_t>(dark ? dark_shade : bright_shade);
  return drawn;
}

}  // namespace mnist
