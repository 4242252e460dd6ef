// From the name of a data set to verified bytes: found in a folder, downloaded, or synthetic.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/catalogue.hpp"
#include "dataset/dataset.hpp"
#include "dataset/download_limits.hpp"

namespace mnist {

enum class DatasetChoice {
  automatic,  // any valid set of the folder, else MNIST by download, else synthetic digits
  mnist,      // the real MNIST and nothing else
  synthetic,  // the built-in digits; touches no folder and no network
};

struct DataRequest {
  DatasetChoice choice = DatasetChoice::automatic;
  std::filesystem::path folder;  // read, and downloaded to
  // The first that holds all four files is read where `folder` does not hold them all.
  std::vector<std::filesystem::path> further_folders;
  std::vector<std::string> mirrors;  // tried before the built-in ones; see is_mirror_url()
  int threads = 1;                   // at most, for the synthetic digits
};

// What happens on the way, for whoever tells the user. Called on the thread that called obtain().
class DataEvents {
 public:
  virtual ~DataEvents() = default;
  // A download begins, or the wait for another process's: `bytes` of the set `name` are missing.
  virtual void fetching(const std::string& name, std::uint64_t bytes,
                        const std::filesystem::path& folder) = 0;
  // A mirror did not give a file, for this reason; the next one is tried, or the same again.
  virtual void mirror_failed(const std::string& file, const std::string& reason) = 0;
  // A file was fetched and verified; in the order of the catalogue, whichever finished first.
  virtual void downloaded(const std::string& file, std::uint64_t bytes) = 0;
  // A file is about to be unpacked and checked; the same order.
  virtual void extracting(const std::filesystem::path& file) = 0;
  // Of all files under way together; `total` is known from the catalogue. A few times a second.
  virtual void progress(std::uint64_t received, std::uint64_t total) = 0;
  // Something that the user must see but that does not end the run, on one line.
  virtual void warning(const std::string& text) = 0;
};

// Throws Error(data_unavailable) where the data cannot be had, Error(data_damaged) where a file
// that is there is not what it should be; such a file stays as it was.
TrainingData obtain(const DataRequest& request, DataEvents& events);

// The same with another catalogue than MNIST's, and other limits; both are for tests.
TrainingData obtain(const DataRequest& request, DataEvents& events, const Catalogue& catalogue,
                    const DownloadLimits& limits);

}  // namespace mnist
