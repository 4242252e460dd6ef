// What the program knows about MNIST: its four files and where they can be had.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mnist {

// The four IDX files of a data set: images and labels to train on, images and labels to test on.
inline constexpr std::size_t data_file_count = 4;

struct CatalogueFile {
  std::string name;  // "train-images-idx3-ubyte.gz"
  std::uint64_t bytes = 0;
  std::string sha256;
  std::uint64_t unpacked_bytes = 0;
  std::string unpacked_sha256;  // by which a file is known, however it was packed
};

struct Catalogue {
  std::string name;
  std::string sha256;  // of the four unpacked files one after the other
  std::array<CatalogueFile, data_file_count> files;
  std::vector<std::string> mirrors;  // https URLs, to which a file's name is appended
};

// data/catalogue.json, which is part of the binary.
Catalogue mnist_catalogue();

}  // namespace mnist
