// A grey picture of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnist {

struct GrayPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // width * height, row by row; 0 black, 255 white
};

struct Box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// All 0.
GrayPicture blank(int width, int height);

Box all_of(const GrayPicture& picture);

inline std::size_t place(const GrayPicture& picture, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
         static_cast<std::size_t>(x);
}

inline int at(const GrayPicture& picture, int x, int y) {
  return picture.pixels[place(picture, x, y)];
}

// What lies outside is 0.
inline int at_or_0(const GrayPicture& picture, int x, int y) {
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return 0;
  return at(picture, x, y);
}

inline void set(GrayPicture& picture, int x, int y, std::int64_t value) {
  picture.pixels[place(picture, x, y)] = static_cast<std::uint8_t>(value);
}

// A part of a picture in another size, each pixel the mean of the area that it covers.
GrayPicture resized(const GrayPicture& from, const Box& box, int width, int height);

// As large as it fits into side x side.
GrayPicture fitted(const GrayPicture& from, const Box& box, int side);

// No larger than side x side.
GrayPicture shrunk(const GrayPicture& from, int side);

GrayPicture inverted(const GrayPicture& from);

}  // namespace mnist
