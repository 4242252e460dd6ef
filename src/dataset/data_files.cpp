#include "dataset/data_files.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "dataset/gunzip.hpp"

namespace mnist {
namespace {

std::array<std::string, 4> usual_names(const std::string& catalogue_name) {
  const std::string packed = ".gz";
  const std::string dashed = catalogue_name.substr(0, catalogue_name.size() - packed.size());
  std::string dotted = dashed;
  dotted[dotted.find("-idx")] = '.';
  return {catalogue_name, dotted + packed, dashed, dotted};
}

IdxFile load(const DataFile& file, IdxKind kind) {
  std::unique_ptr<ByteStream> stream;
  if (file.bytes.empty())
    stream = std::make_unique<FileStream>(file.path);
  else
    stream = std::make_unique<MemoryStream>(file.bytes, file.path.string());
  if (file.path.extension() == ".gz") stream = std::make_unique<GunzipStream>(std::move(stream));
  return read_idx(*stream, kind);
}

}  // namespace

std::vector<std::string> data_file_names(const Catalogue& catalogue) {
  std::vector<std::string> names;
  for (const CatalogueFile& file : catalogue.files)
    std::ranges::copy(usual_names(file.name), std::back_inserter(names));
  return names;
}

DataFiles find_files(const Catalogue& catalogue, const std::filesystem::path& folder) {
  DataFiles files;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    for (const std::string& name : usual_names(catalogue.files[i].name)) {
      std::error_code ignored;  // what cannot be seen is not there
      if (files[i] || !std::filesystem::is_regular_file(folder / name, ignored)) continue;
      files[i] = DataFile{.path = folder / name, .bytes = {}};
    }
  }
  return files;
}

std::size_t count_found(const DataFiles& files) {
  return static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [](const auto& file) { return file.has_value(); }));
}

void load_files(DataFiles& files, IdxFiles& loaded) {
  std::array<std::future<IdxFile>, data_file_count> loading;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (!files[i] || loaded[i]) continue;
    const IdxKind kind = i % 2 == 0 ? IdxKind::images : IdxKind::labels;
    loading[i] = std::async(std::launch::async, load, std::cref(*files[i]), kind);
  }
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (!loading[i].valid()) continue;
    loaded[i] = loading[i].get();
    files[i]->bytes = {};
  }
}

}  // namespace mnist
