// One file's way through the mirrors, try by try.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataset/catalogue.hpp"
#include "dataset/download_limits.hpp"
#include "dataset/mirror.hpp"
#include "dataset/part_file.hpp"
#include "dataset/transfer.hpp"

namespace mnist {

// Starts with the first mirror, and after each failure pauses and goes on with the next; bytes that
// came in stay, where the next mirror can continue them. Blocks nobody.
class FileDownload {
 public:
  // There is at least one mirror.
  FileDownload(CatalogueFile file, std::vector<Mirror> mirrors, PartFile part,
               const DownloadLimits& limits, Patience patience);

  // Takes in what has come. To be called often, until finished() or failed().
  void advance();

  // All bytes are there, verified, and in the folder unless part().unsaved().
  bool finished() const { return finished_; }
  // Given up.
  bool failed() const { return failed_; }
  // How a try failed since the last call; empty where none did.
  std::string take_failure() { return std::exchange(new_failure_, {}); }
  // What became of each mirror, for messages.
  std::string failures() const;
  void cancel();

  const CatalogueFile& file() const { return file_; }
  const PartFile& part() const { return part_; }

 private:
  using Clock = std::chrono::steady_clock;

  void start();
  void receive(const Transfer::News& news);
  void finish();
  void fail_try(const std::string& reason);

  CatalogueFile file_;
  std::vector<Mirror> mirrors_;
  std::vector<std::string> last_failure_;  // of each mirror
  std::string new_failure_;
  PartFile part_;
  DownloadLimits limits_;
  Patience patience_;
  std::unique_ptr<Transfer> transfer_;
  std::size_t failed_tries_ = 0;
  std::chrono::milliseconds pause_;
  Clock::time_point next_start_ = Clock::now();
  bool may_resume_ = true;
  bool resumed_ = false;  // this try goes on from what an earlier one has left
  bool finished_ = false;
  bool failed_ = false;
};

}  // namespace mnist
