// The four files of a data set in a folder: finding and reading them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dataset/catalogue.hpp"
#include "dataset/idx.hpp"

namespace mnist {

// A file on disk, or one that was downloaded, whose bytes are at hand.
struct DataFile {
  std::filesystem::path path;       // where it lies, or would lie; gzip if it ends in .gz
  std::vector<std::uint8_t> bytes;  // empty: to be read from `path`
};

// In the catalogue's order.
using DataFiles = std::array<std::optional<DataFile>, data_file_count>;
using IdxFiles = std::array<std::optional<IdxFile>, data_file_count>;

// The names that its files may have: the catalogue's or the other usual ones, unpacked, and with
// "images.idx3" for "images-idx3".
std::vector<std::string> data_file_names(const Catalogue& catalogue);

// The regular files of `folder` with such names. A folder that cannot be looked into holds none.
DataFiles find_files(const Catalogue& catalogue, const std::filesystem::path& folder);

// How many of the four are there.
std::size_t count_found(const DataFiles& files);

// Reads and checks those of `files` that are there and not in `loaded` yet, in parallel, and frees
// their packed bytes. Throws what read_idx() throws for the first bad one.
void load_files(DataFiles& files, IdxFiles& loaded);

}  // namespace mnist
