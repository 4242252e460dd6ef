#include <cstdint>
#include <cstring>

#include "cpu/layer.hpp"
#include "cpu/vectorized.hpp"

namespace mnist::cpu {
namespace {

// Where in its window a value stands, row by row.
using Place = std::uint16_t;

// One image's geometry. Strides are in values.
struct Pooling {
  std::size_t channels;
  std::size_t window;
  std::size_t input_row;
  std::size_t output_height;
  std::size_t output_width;
};

// Four channels at once, in the compilers' own vector types: plain loops over so few values are
// unrolled by some compilers before they could be vectorized.
constexpr std::size_t lanes = 4;
using Floats [[gnu::vector_size(lanes * sizeof(float))]] = float;
using Integers [[gnu::vector_size(lanes * sizeof(std::int32_t))]] = std::int32_t;
using Places [[gnu::vector_size(lanes * sizeof(Place))]] = Place;

// `count` is `lanes` but for the last channels; the lanes beyond are zero.
template <class Vector, class Value>
MNIST_LOOP Vector load(const Value* values, std::size_t count) {
  Vector vector{};
  std::memcpy(&vector, values, count * sizeof(Value));
  return vector;
}

template <class Vector, class Value>
MNIST_LOOP void store(const Vector& vector, std::size_t count, Value* values) {
  std::memcpy(values, &vector, count * sizeof(Value));
}

// Calls visit(first value of its window, first value of its result, channels) for each window of an
// image, a few channels at a time.
template <class Visit>
MNIST_LOOP void for_each_window(const Pooling& shape, const Visit& visit) {
  std::size_t result = 0;
  for (std::size_t y = 0; y < shape.output_height; ++y) {
    for (std::size_t x = 0; x < shape.output_width; ++x) {
      const std::size_t corner = shape.window * (y * shape.input_row + x * shape.channels);
      std::size_t channel = 0;
      for (; channel + lanes <= shape.channels; channel += lanes)
        visit(corner + channel, result + channel, lanes);
      if (channel < shape.channels)
        visit(corner + channel, result + channel, shape.channels - channel);
      result += shape.channels;
    }
  }
}

// Calls visit(distance from the first value, place) for each place of a window.
template <class Visit>
MNIST_LOOP void for_each_place(const Pooling& shape, const Visit& visit) {
  std::int32_t place = 0;
  for (std::size_t row = 0; row < shape.window; ++row)
    for (std::size_t column = 0; column < shape.window; ++column)
      visit(row * shape.input_row + column * shape.channels, place++);
}

// Of equal values the first counts, and a NaN counts as the largest. `winners` get the place of the
// largest.
MNIST_LOOP void pool(const Pooling& shape, const float* input, float* output, Place* winners) {
  for_each_window(
      shape, [&](std::size_t corner, std::size_t result,
                 std::size_t count) __attribute__((always_inline)) {
        auto largest = load<Floats>(input + corner, count);
        Integers places{};
        for_each_place(
            shape, [&](std::size_t distance, std::int32_t place) __attribute__((always_inline)) {
              const auto value = load<Floats>(input + corner + distance, count);
              const Integers wins = (value > largest) | (value != value);
              largest = wins ? value : largest;
              places = wins ? Integers{} + place : places;
            });
        store(largest, count, output + result);
        store(__builtin_convertvector(places, Places), count, winners + result);
      });
}

MNIST_LOOP void unpool(const Pooling& shape, const float* grad_output, const Place* winners,
                       float* grad_input) {
  for_each_window(
      shape, [&](std::size_t corner, std::size_t result,
                 std::size_t count) __attribute__((always_inline)) {
        const auto grad = load<Floats>(grad_output + result, count);
        const auto places =
            __builtin_convertvector(load<Places>(winners + result, count), Integers);
        for_each_place(
            shape, [&](std::size_t distance, std::int32_t place) __attribute__((always_inline)) {
              store(places == place ? grad : Floats{}, count, grad_input + corner + distance);
            });
      });
}

// The usual window is known to the compiler, which then unrolls it.
MNIST_LOOP void pool_image(Pooling shape, const float* input, float* output, Place* winners) {
  if (shape.window == 2)
    pool({shape.channels, 2, shape.input_row, shape.output_height, shape.output_width}, input,
         output, winners);
  else
    pool(shape, input, output, winners);
}

MNIST_LOOP void unpool_image(Pooling shape, const float* grad_output, const Place* winners,
                             float* grad_input) {
  if (shape.window == 2)
    unpool({shape.channels, 2, shape.input_row, shape.output_height, shape.output_width},
           grad_output, winners, grad_input);
  else
    unpool(shape, grad_output, winners, grad_input);
}

class MaxPoolLayer final : public Layer {
 public:
  explicit MaxPoolLayer(Wiring wiring) : Layer(std::move(wiring)) {
    if (this->wiring().mode == Mode::training)
      winners_ = Buffer<Place>(this->wiring().batch_size * planned().output.size());
    else
      winners_ = Buffer<Place>(this->wiring().shares.size() * planned().output.size());
  }

  void forward(int member, std::uint32_t) override {
    const bool training = wiring().mode == Mode::training;
    for (std::size_t i = 0; i < share(member).count; ++i) {
      const std::size_t image = share(member).first + i;
      // Nobody asks for the winners of inference: each member writes them to one place.
      const std::size_t record = training ? image : static_cast<std::size_t>(member);
      vectorized<pool_image>(pooling_, wiring().input + image * planned().input.size(),
                             output() + image * planned().output.size(),
                             winners_.data() + record * planned().output.size());
    }
  }

  // Rows and columns that no window covers keep the zero that they begin with.
  void backward(int member) override {
    if (!wiring().grad_input) return;
    for (std::size_t i = 0; i < share(member).count; ++i) {
      const std::size_t image = share(member).first + i;
      const std::size_t first_output = image * planned().output.size();
      vectorized<unpool_image>(pooling_, static_cast<const float*>(grad_output() + first_output),
                               static_cast<const Place*>(winners_.data() + first_output),
                               wiring().grad_input + image * planned().input.size());
    }
  }

 private:
  const PlannedLayer& planned() const { return wiring().planned; }

  static Pooling pooling_of(const PlannedLayer& planned) {
    const auto size = [](int value) { return static_cast<std::size_t>(value); };
    return {.channels = size(planned.input.channels),
            .window = size(std::get<MaxPool>(planned.spec).window),
            .input_row = size(planned.input.width) * size(planned.input.channels),
            .output_height = size(planned.output.height),
            .output_width = size(planned.output.width)};
  }

  const Pooling pooling_ = pooling_of(planned());
  Buffer<Place> winners_;
};

}  // namespace

std::unique_ptr<Layer> make_max_pool(Wiring wiring) {
  return std::make_unique<MaxPoolLayer>(std::move(wiring));
}

}  // namespace mnist::cpu
