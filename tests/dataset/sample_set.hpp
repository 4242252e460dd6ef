// A small data set in the four files' formats, with a catalogue of its own, and what tests of
// obtaining it need.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataset/catalogue.hpp"
#include "dataset/obtain.hpp"

namespace mnist {

std::string gzip(std::string_view bytes);

// An IDX file: magic number, dimensions, values.
std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& dimensions,
                std::string_view values);

void write_file(const std::filesystem::path& file, std::string_view bytes);
std::string read_whole(const std::filesystem::path& file);

// An empty folder that is gone with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// 50 training and 20 test images of noise, which hardly packs, so that the files have some length;
// another seed is another set.
struct SampleSet {
  explicit SampleSet(std::uint32_t seed = 1);

  // Into `folder`, under the catalogue's names.
  void write_packed(const std::filesystem::path& folder) const;

  std::array<std::string, data_file_count> unpacked;
  std::array<std::string, data_file_count> packed;
  Catalogue catalogue;  // named "sample", without mirrors
};

// Limits that let a test of giving up end soon.
inline constexpr DownloadLimits quick_limits{.connect = std::chrono::milliseconds{300},
                                             .stall = std::chrono::seconds{2},
                                             .rounds = 1,
                                             .first_pause = std::chrono::milliseconds{10},
                                             .longest_pause = std::chrono::milliseconds{40},
                                             .patience = std::chrono::milliseconds{5000}};

class RecordedEvents final : public DataEvents {
 public:
  void fetching(const std::string& name, std::uint64_t bytes,
                const std::filesystem::path& folder) override {
    begun.push_back(name + " " + std::to_string(bytes) + " " + folder.string());
  }
  void mirror_failed(const std::string& file, const std::string& reason) override {
    failed_mirrors.push_back(file + " " + reason);
  }
  void downloaded(const std::string& file, std::uint64_t bytes) override {
    lines.push_back("downloaded " + file + " " + std::to_string(bytes));
  }
  void extracting(const std::filesystem::path& file) override {
    lines.push_back("extracting " + file.string());
  }
  void progress(std::uint64_t received, std::uint64_t total) override {
    progressed.emplace_back(received, total);
  }
  void warning(const std::string& text) override { warnings.push_back(text); }

  std::vector<std::string> begun;
  std::vector<std::string> failed_mirrors;
  std::vector<std::string> lines;
  std::vector<std::string> warnings;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> progressed;
};

}  // namespace mnist
