#include "dataset/handwriting.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/philox.hpp"

namespace mnist {
namespace {

constexpr std::uint64_t seed = 0;  // of the set that the committed checksum is of
constexpr int steps_per_span = 5;

// The random numbers of one image.
class Draws {
 public:
  Draws(std::uint32_t set, std::uint32_t image) : set_(set), next_(std::uint64_t{image} << 32) {}

  // Below `count`.
  unsigned index(unsigned count) {
    return static_cast<unsigned>((std::uint64_t{block().word[0]} * count) >> 32);
  }
  float between(float low, float high) { return low + (high - low) * unit(block().word[0]); }
  // Nearly normal, with mean 0 and variance 1, and never beyond 3.5: a sum of four even draws.
  float bell() {
    const RandomBlock random = block();
    float sum = -2;
    for (const std::uint32_t word : random.word) sum += unit(word);
    return 1.7320508f * sum;
  }

 private:
  RandomBlock block() { return philox(seed, RandomPurpose::synthetic_digits, set_, next_++); }
  // In [0, 1), with as many bits as a float holds exactly.
  static float unit(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

  std::uint32_t set_;
  std::uint64_t next_;
};

// What a hand makes of a letterform: a smooth bending of the paper, then width, slant and turn.
class Distortion {
 public:
  explicit Distortion(Draws& draws) {
    for (std::size_t i = 0; i < bend_terms; ++i)
      bend_[i] = {bend_spread[i].x * draws.bell(), bend_spread[i].y * draws.bell()};
    const float wideness = draws.bell();
    width_ = 0.77f + 0.16f * wideness + 0.025f * wideness * wideness;
    slant_ = 0.15f + 0.25f * draws.bell();
    sine_ = 0.09f * draws.bell();
    cosine_ = std::sqrt(1 - sine_ * sine_);
  }

  Point operator()(Point point) const {
    const float x = 2 * point.x - 1, y = 2 * point.y - 1;
    const float terms[bend_terms] = {x * x, x * y, y * y, x * x * y, x * y * y, y * y * y};
    Point bent{x, y};
    for (std::size_t i = 0; i < bend_terms; ++i) {
      bent.x += bend_[i].x * terms[i];
      bent.y += bend_[i].y * terms[i];
    }
    const float wide = width_ * bent.x - slant_ * bent.y;
    return {cosine_ * wide - sine_ * bent.y, sine_ * wide + cosine_ * bent.y};
  }

  // Narrow letters are written with finer lines, or their loops would fill with ink.
  float pen_scale() const { return 0.7f + 0.36f * width_; }

 private:
  static constexpr std::size_t bend_terms = 6;
  // How far the terms of the bending stray, in their order above. The two larger ones make the top
  // wider than the bottom, or taller, and the other way round, as hands do.
  static constexpr Point bend_spread[bend_terms] = {{0.085f, 0.085f}, {0.14f, 0.085f},
                                                    {0.085f, 0.14f},  {0.085f, 0.085f},
                                                    {0.085f, 0.085f}, {0.085f, 0.085f}};
  Point bend_[bend_terms];
  float width_, slant_, sine_, cosine_;
};

const Allograph& choose(const std::vector<Allograph>& ways, Draws& draws) {
  unsigned total = 0;
  for (const Allograph& way : ways) total += way.weight;
  unsigned rest = draws.index(total);
  std::size_t chosen = 0;
  while (rest >= ways[chosen].weight) rest -= ways[chosen++].weight;
  return ways[chosen];
}

// The hand misses every knot by a little, the ends of a stroke by more, and where strokes begin.
Stroke shaky(const Stroke& stroke, Draws& draws) {
  const Point start{0.03f * draws.bell(), 0.03f * draws.bell()};
  Stroke result = stroke;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == result.size();
    const float miss = is_end ? 0.04f : 0.025f;
    result[i].at.x += start.x + miss * draws.bell();
    result[i].at.y += start.y + miss * draws.bell();
  }
  return result;
}

}  // namespace

DigitImage write_digit(const Alphabet& alphabet, int digit, std::uint32_t set,
                       std::uint32_t index) {
  Draws draws(set, index);
  const Allograph& way = choose(alphabet[static_cast<std::size_t>(digit)], draws);
  const Distortion distort(draws);
  // In half letter heights. A little askew: there are broad felt pens, but no pen without width.
  const float thickness = draws.bell();
  const float pen =
      (0.15f + 0.04f * thickness + 0.008f * thickness * thickness) * distort.pen_scale();
  const float softness = draws.between(0.8f, 1.3f);
  std::vector<Point> curve;
  std::vector<InkPoint> ink;
  for (const Stroke& stroke : way.strokes) {
    curve.clear();
    trace(shaky(stroke, draws), steps_per_span, curve);
    const float rise = 0.1f * draws.bell(), swell = 0.12f * draws.bell();
    for (std::size_t i = 0; i < curve.size(); ++i) {
      // From -1 where the pen comes down to 1 where it is lifted.
      const float along = 2 * static_cast<float>(i) / static_cast<float>(curve.size() - 1) - 1;
      const float pressure = 1 + rise * along + swell * (0.5f - along * along);
      const Point at = distort(curve[i]);
      ink.push_back({at.x, at.y, pen * pressure, i > 0});
    }
  }
  return draw(ink, softness);
}

}  // namespace mnist
