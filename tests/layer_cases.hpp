// The table of tiny networks that every numeric check runs on, on every engine. A new layer adds a
// row here.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "network/named_networks.hpp"
#include "network/network.hpp"

namespace mnist {

struct LayerCase {
  Network network;  // its name is the row's
  int batch_size = 0;
};

inline void PrintTo(const LayerCase& layer_case, std::ostream* out) {
  *out << layer_case.network.name;
}

// For the names of parametrized tests.
struct LayerCaseName {
  template <class Info>
  std::string operator()(const Info& info) const {
    return info.param.network.name;
  }
};

// Small enough for numeric derivatives, and odd: sizes that no vector length divides, batches that
// no number of threads divides, one image a batch.
inline std::vector<LayerCase> layer_cases() {
  constexpr Linear head{.units = class_count};
  const auto named = [](std::string_view name, std::string row, Shape input, float keep) {
    Network network = named_network(name, input, keep);
    network.name = std::move(row);
    return network;
  };
  return {
      {{"linear", {1, 3, 5}, {head}}, 4},
      {{"linear_one_image", {1, 4, 4}, {Linear{.units = 3}, head}}, 1},
      {{"linear_odd", {1, 5, 7}, {Linear{.units = 13}, Linear{.units = 37}, head}}, 7},
      {{"linear_wide", {1, 9, 9}, {Linear{.units = 131}, head}}, 33},
      {{"relu", {1, 4, 4}, {Linear{.units = 17}, Relu{}, head}}, 5},
      {{"relu_of_image", {1, 3, 3}, {Relu{}, head}}, 3},
      {{"relu_twice", {1, 3, 3}, {Linear{.units = 9}, Relu{}, Relu{}, head}}, 3},
      {{"relu_of_logits", {1, 3, 4}, {head, Relu{}}}, 6},
      {{"conv2d", {1, 6, 6}, {Conv2d{.filters = 3, .kernel = 3}, head}}, 4},
      {{"conv2d_one_image", {1, 7, 5}, {Conv2d{.filters = 2, .kernel = 4}, Relu{}, head}}, 1},
      {{"conv2d_wide_image", {1, 5, 23}, {Conv2d{.filters = 5, .kernel = 3}, Relu{}, head}}, 3},
      {{"conv2d_tall_image", {1, 19, 4}, {Conv2d{.filters = 4, .kernel = 2}, Relu{}, head}}, 3},
      {{"conv2d_of_channels",
        {1, 10, 9},
        {Conv2d{.filters = 7, .kernel = 3}, Conv2d{.filters = 5, .kernel = 2}, head}},
       5},
      {{"conv2d_many_filters",
        {1, 8, 8},
        {Conv2d{.filters = 17, .kernel = 3}, Relu{}, Conv2d{.filters = 33, .kernel = 3}, Relu{},
         head}},
       3},
      {{"conv2d_of_one_pixel_kernel",
        {1, 5, 6},
        {Conv2d{.filters = 4, .kernel = 1}, Relu{}, Conv2d{.filters = 6, .kernel = 1}, head}},
       3},
      {{"conv2d_as_head", {1, 6, 6}, {Conv2d{.filters = 10, .kernel = 6}}}, 4},
      {{"conv2d_after_linear",
        {1, 3, 3},
        {Linear{.units = 11}, Relu{}, Conv2d{.filters = 12, .kernel = 1}, head}},
       3},
      {{"max_pool_of_image", {1, 6, 6}, {MaxPool{.window = 2}, head}}, 3},
      {{"max_pool", {1, 7, 9}, {Conv2d{.filters = 3, .kernel = 2}, MaxPool{.window = 2}, head}}, 4},
      {{"max_pool_left_over",
        {1, 8, 10},
        {Conv2d{.filters = 4, .kernel = 2}, MaxPool{.window = 2}, head}},
       3},
      {{"max_pool_window_3",
        {1, 9, 12},
        {Conv2d{.filters = 18, .kernel = 2}, MaxPool{.window = 3}, head}},
       3},
      {{"max_pool_window_1",
        {1, 5, 5},
        {Conv2d{.filters = 3, .kernel = 2}, MaxPool{.window = 1}, head}},
       2},
      {{"max_pool_as_head",
        {1, 5, 5},
        {Conv2d{.filters = 10, .kernel = 2}, Relu{}, MaxPool{.window = 3}}},
       3},
      {{"relu_max_pool",
        {1, 8, 8},
        {Conv2d{.filters = 16, .kernel = 3}, Relu{}, MaxPool{.window = 2}, head}},
       5},
      {{"relu_max_pool_of_image", {1, 7, 6}, {Relu{}, MaxPool{.window = 2}, head}}, 3},
      {{"relu_max_pool_max_pool",
        {1, 13, 14},
        {Conv2d{.filters = 6, .kernel = 2}, Relu{}, MaxPool{.window = 2}, MaxPool{.window = 3},
         head}},
       3},
      {{"relu_relu_max_pool",
        {1, 7, 7},
        {Conv2d{.filters = 5, .kernel = 2}, Relu{}, Relu{}, MaxPool{.window = 3}, head}},
       3},
      {{"max_pool_relu",
        {1, 8, 8},
        {Conv2d{.filters = 9, .kernel = 3}, MaxPool{.window = 2}, Relu{}, head}},
       5},
      {{"conv2d_relu_max_pool_twice",
        {1, 14, 13},
        {Conv2d{.filters = 6, .kernel = 3}, Relu{}, MaxPool{.window = 2},
         Conv2d{.filters = 11, .kernel = 2}, Relu{}, MaxPool{.window = 2}, head}},
       4},
      {{"flatten_of_channels",
        {1, 6, 8},
        {Conv2d{.filters = 20, .kernel = 3}, Linear{.units = 7}, head}},
       3},
      {{"dropout", {1, 4, 5}, {Linear{.units = 23}, Dropout{.keep = 0.5f}, head}}, 5},
      {{"dropout_of_image", {1, 3, 3}, {Dropout{.keep = 0.7f}, head}}, 5},
      {{"dropout_of_channels",
        {1, 7, 7},
        {Conv2d{.filters = 5, .kernel = 3}, Relu{}, Dropout{.keep = 0.75f},
         Conv2d{.filters = 3, .kernel = 2}, Dropout{.keep = 0.6f}, MaxPool{.window = 2}, head}},
       3},
      {{"dropout_twice",
        {1, 4, 4},
        {Linear{.units = 19}, Relu{}, Dropout{.keep = 0.9f}, Linear{.units = 21},
         Dropout{.keep = 0.8f}, Relu{}, head}},
       6},
      {{"dropout_keeping_all", {1, 4, 4}, {Linear{.units = 12}, Dropout{.keep = 1}, head}}, 3},
      {named("mlp", "mlp", {1, 7, 6}, 0.9f), 10},
      {named("lenet", "lenet", {1, 16, 16}, 1), 7},
      {named("lenet", "lenet_dropout", {1, 17, 21}, 0.8f), 4},
  };
}

}  // namespace mnist
