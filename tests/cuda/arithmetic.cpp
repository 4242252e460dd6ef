#include "cuda/arithmetic.hpp"

#include <bit>
#include <cstdint>

namespace mnist::cuda {
namespace {

// For each weight of a filter, and each place of an output plane: which input of an image they are
// multiplied with; -1 in the padding.
std::vector<std::ptrdiff_t> sources_of(const ConvolutionSizes& sizes) {
  const auto& [input, filter, output, how] = sizes;
  std::vector<std::ptrdiff_t> sources;
  for (int channel = 0; channel < filter.channels; ++channel)
    for (int y = 0; y < filter.height; ++y)
      for (int x = 0; x < filter.width; ++x)
        for (int row = 0; row < output.height; ++row)
          for (int column = 0; column < output.width; ++column) {
            const int from_row = row * how.stride[0] + y * how.dilation[0] - how.padding[0];
            const int from_column = column * how.stride[1] + x * how.dilation[1] - how.padding[1];
            const bool inside = from_row >= 0 && from_row < input.height && from_column >= 0 &&
                                from_column < input.width;
            sources.push_back(
                inside ? (channel * input.height + from_row) * input.width + from_column : -1);
          }
  return sources;
}

// How many weights a filter has, places an output plane, and so on.
struct Counts {
  explicit Counts(const ConvolutionSizes& sizes)
      : images(static_cast<std::size_t>(sizes.input.images)),
        filters(static_cast<std::size_t>(sizes.filter.images)),
        weights(sizes.filter.count() / filters),
        places(sizes.output.count() / images / filters),
        inputs(sizes.input.count() / images) {}
  std::size_t images;
  std::size_t filters;
  std::size_t weights;
  std::size_t places;
  std::size_t inputs;
};

}  // namespace

void add(float factor, const float* values, std::size_t count, float* sums) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += factor * values[i];
}

std::vector<float> factors(const float* values, std::size_t size, Precision precision) {
  std::vector<float> copies(values, values + size);
  if (precision == Precision::tf32)
    for (float& copy : copies)
      copy = std::bit_cast<float>((std::bit_cast<std::uint32_t>(copy) + 0x1000u) & 0xffffe000u);
  return copies;
}

std::vector<float> outputs(const ConvolutionSizes& sizes, const float* input, const float* filter) {
  const Counts count(sizes);
  const std::vector<std::ptrdiff_t> sources = sources_of(sizes);
  std::vector<float> output(sizes.output.count());
  std::vector<float> seen(sources.size());  // weights x places
  for (std::size_t image = 0; image < count.images; ++image) {
    const float* const pixels = input + image * count.inputs;
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = sources[i] < 0 ? 0 : pixels[sources[i]];
    for (std::size_t k = 0; k < count.filters; ++k)
      for (std::size_t weight = 0; weight < count.weights; ++weight)
        add(filter[k * count.weights + weight], &seen[weight * count.places], count.places,
            &output[(image * count.filters + k) * count.places]);
  }
  return output;
}

std::vector<float> input_gradients(const ConvolutionSizes& sizes, const float* filter,
                                   const float* grad_output) {
  const Counts count(sizes);
  const std::vector<std::ptrdiff_t> sources = sources_of(sizes);
  std::vector<float> gradients(sizes.input.count());
  for (std::size_t image = 0; image < count.images; ++image) {
    std::vector<float> seen(sources.size());  // gradients of what each weight saw at each place
    for (std::size_t k = 0; k < count.filters; ++k)
      for (std::size_t weight = 0; weight < count.weights; ++weight)
        add(filter[k * count.weights + weight],
            grad_output + (image * count.filters + k) * count.places, count.places,
            &seen[weight * count.places]);
    for (std::size_t i = 0; i < seen.size(); ++i)
      if (sources[i] >= 0)
        gradients[image * count.inputs + static_cast<std::size_t>(sources[i])] += seen[i];
  }
  return gradients;
}

std::vector<float> filter_gradients(const ConvolutionSizes& sizes, const float* input,
                                    const float* grad_output) {
  const Counts count(sizes);
  const std::vector<std::ptrdiff_t> sources = sources_of(sizes);
  std::vector<float> gradients(sizes.filter.count());
  std::vector<float> seen(sources.size());  // places x weights
  for (std::size_t image = 0; image < count.images; ++image) {
    const float* const pixels = input + image * count.inputs;
    for (std::size_t i = 0; i < seen.size(); ++i)
      seen[i % count.places * count.weights + i / count.places] =
          sources[i] < 0 ? 0 : pixels[sources[i]];
    for (std::size_t k = 0; k < count.filters; ++k)
      for (std::size_t place = 0; place < count.places; ++place)
        add(grad_output[(image * count.filters + k) * count.places + place],
            &seen[place * count.weights], count.weights, &gradients[k * count.weights]);
  }
  return gradients;
}

}  // namespace mnist::cuda
