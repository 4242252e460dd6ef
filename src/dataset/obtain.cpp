#include "dataset/obtain.hpp"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "dataset/damage.hpp"
#include "dataset/data_files.hpp"
#include "dataset/download.hpp"
#include "dataset/sha256.hpp"
#include "dataset/synthetic_digits.hpp"

namespace mnist {
namespace {

constexpr const char* other_folder = "name another folder with --data_dir";

// Of the first folder that holds all, else what the request's own folder holds.
DataFiles find_set(const DataRequest& request, const Catalogue& catalogue) {
  DataFiles own = find_files(catalogue, request.folder);
  if (count_found(own) == data_file_count) return own;
  for (const std::filesystem::path& folder : request.further_folders) {
    DataFiles files = find_files(catalogue, folder);
    if (count_found(files) == data_file_count) return files;
  }
  return own;
}

bool is_genuine(const IdxFile& file, const CatalogueFile& entry) {
  return file.sha256 == entry.unpacked_sha256;
}

// A set is either the catalogue's or somebody else's: with files missing, those that are there have
// to be the catalogue's, since that is where the missing ones come from.
void check_partial_set(const Catalogue& catalogue, const DataFiles& files, const IdxFiles& loaded) {
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (!loaded[i] || is_genuine(*loaded[i], catalogue.files[i])) continue;
    throw Error(ExitCode::data_damaged,
                files[i]->path.string() + ": is not " + catalogue.name + "'s (SHA-256 unpacked " +
                    loaded[i]->sha256 + "), and other files of its set are missing",
                "put all four files of its set into the folder, or " + std::string(other_folder));
  }
}

void check_pairs(const DataFiles& files, const IdxFiles& loaded) {
  for (const std::size_t images : {std::size_t{0}, std::size_t{2}}) {
    const std::size_t labels = images + 1;
    if (loaded[images]->count != loaded[labels]->count)
      throw Error(ExitCode::data_damaged,
                  files[labels]->path.string() + ": holds " +
                      std::to_string(loaded[labels]->count) + " labels; expected " +
                      std::to_string(loaded[images]->count) + ", one for each image of " +
                      files[images]->path.string(),
                  std::string("put a matching pair there, or ") + other_folder);
  }
  const IdxFile &training = *loaded[0], &test = *loaded[2];
  if (training.rows != test.rows || training.columns != test.columns)
    throw Error(ExitCode::data_damaged,
                files[2]->path.string() + ": its images are " + std::to_string(test.rows) + " x " +
                    std::to_string(test.columns) + "; expected " + std::to_string(training.rows) +
                    " x " + std::to_string(training.columns) + " as in " + files[0]->path.string(),
                std::string("put test images of that size there, or ") + other_folder);
}

std::string sha256_of_set(const IdxFiles& loaded) {
  Sha256 hash;
  for (const std::optional<IdxFile>& file : loaded) hash_idx(hash, *file, file->values);
  return hash.hex();
}

Dataset to_dataset(IdxFile& images, IdxFile& labels) {
  return {.image = {1, static_cast<int>(images.rows), static_cast<int>(images.columns)},
          .pixels = std::move(images.values),
          .labels = std::move(labels.values)};
}

// Names the set, and refuses one that the request does not allow.
TrainingData identify(const DataRequest& request, const Catalogue& catalogue,
                      const DataFiles& files, IdxFiles& loaded, DataEvents& events) {
  std::size_t genuine = 0;
  std::size_t other = 0;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (is_genuine(*loaded[i], catalogue.files[i]))
      ++genuine;
    else
      other = i;
  }
  const bool all_genuine = genuine == data_file_count;
  // Nobody makes a set of three of the catalogue's files and one of their own.
  if (genuine == data_file_count - 1)
    throw damaged(files[other]->path.string(),
                  "is not " + catalogue.name +
                      "'s, but the three files beside it are: its SHA-256 " + "unpacked is " +
                      loaded[other]->sha256 + "; expected " +
                      catalogue.files[other].unpacked_sha256);
  if (!all_genuine && request.choice == DatasetChoice::mnist)
    throw Error(ExitCode::data_damaged,
                files[other]->path.string() + ": is valid but not " + catalogue.name +
                    "'s: its SHA-256 unpacked is " + loaded[other]->sha256 + "; expected " +
                    catalogue.files[other].unpacked_sha256,
                std::string("take any valid set with --dataset auto, or ") + other_folder);
  if (!all_genuine && genuine > 0)
    events.warning(files[other]->path.string() + " is not " + catalogue.name +
                   "'s, but other files beside it are: is this one set?");
  std::string sha256 = all_genuine ? catalogue.sha256 : sha256_of_set(loaded);
  return {.name = all_genuine ? catalogue.name : "unknown",
          .sha256 = std::move(sha256),
          .training = to_dataset(*loaded[0], *loaded[1]),
          .test = to_dataset(*loaded[2], *loaded[3])};
}

}  // namespace

TrainingData obtain(const DataRequest& request, DataEvents& events) {
  return obtain(request, events, mnist_catalogue(),
                request.choice == DatasetChoice::mnist ? persistent_limits : DownloadLimits{});
}

TrainingData obtain(const DataRequest& request, DataEvents& events, const Catalogue& catalogue,
                    const DownloadLimits& limits) {
  if (request.choice == DatasetChoice::synthetic) return synthetic_digits(request.threads);

  DataFiles files = find_set(request, catalogue);
  IdxFiles loaded;
  Fetched fetched{};
  if (count_found(files) < data_file_count) {
    load_files(files, loaded);
    check_partial_set(catalogue, files, loaded);
    try {
      fetched = download_missing(catalogue, request.folder, request.mirrors, limits, events, files);
    } catch (const Error& error) {
      if (request.choice == DatasetChoice::mnist || error.code() != ExitCode::data_unavailable)
        throw;
      events.warning("SYNTHETIC DIGITS TAKE THE PLACE OF " + catalogue.name +
                     ", which cannot be fetched");
      events.warning(std::string(error.what()) + "; " + error.remedy());
      return synthetic_digits(request.threads);
    }
  }
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (fetched[i]) events.downloaded(catalogue.files[i].name, catalogue.files[i].bytes);
    events.extracting(files[i]->path);
  }
  load_files(files, loaded);
  check_pairs(files, loaded);
  return identify(request, catalogue, files, loaded, events);
}

}  // namespace mnist
