// Fetches the files of the catalogue that a folder lacks.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/catalogue.hpp"
#include "dataset/data_files.hpp"
#include "dataset/download_limits.hpp"
#include "dataset/obtain.hpp"

namespace mnist {

// Which files were fetched, in the catalogue's order.
using Fetched = std::array<bool, data_file_count>;

// Completes `files`: with what another process has put into the folder meanwhile, and else from
// the mirrors, `given` ones first, all files at once. The bytes of fetched files are in memory, and
// in the folder too where it can be written. Reports no file as downloaded.
// Throws Error(data_unavailable) where a file cannot be had; what came in of it stays as
// FILE.part.
Fetched download_missing(const Catalogue& catalogue, const std::filesystem::path& folder,
                         const std::vector<std::string>& given, const DownloadLimits& limits,
                         DataEvents& events, DataFiles& files);

}  // namespace mnist
