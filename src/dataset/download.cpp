#include "dataset/download.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "dataset/file_download.hpp"
#include "dataset/folder_lock.hpp"

namespace mnist {
namespace {

constexpr std::chrono::milliseconds tick{10};

// Passes progress on a few times a second.
class ProgressMeter {
 public:
  ProgressMeter(DataEvents& events, std::uint64_t total) : events_(events), total_(total) {}

  void update(std::uint64_t received) {
    if (received == last_ || since_last_.seconds() < 0.2) return;
    events_.progress(received, total_);
    last_ = received;
    since_last_.restart();
  }

 private:
  DataEvents& events_;
  std::uint64_t total_;
  std::uint64_t last_ = 0;
  Stopwatch since_last_;
};

[[noreturn]] void throw_unavailable(const Catalogue& catalogue, const std::filesystem::path& folder,
                                    const std::string& reason) {
  throw Error(ExitCode::data_unavailable, catalogue.name + " cannot be fetched: " + reason,
              "check the network and its proxy, name a mirror with --mirror URL, or put the four "
              "files into " +
                  folder.string());
}

std::uint64_t missing_bytes(const Catalogue& catalogue, const DataFiles& files) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < data_file_count; ++i)
    if (!files[i]) bytes += catalogue.files[i].bytes;
  return bytes;
}

// What another process has fetched so far of the files that are missing.
std::uint64_t bytes_on_disk(const Catalogue& catalogue, const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const CatalogueFile& file : catalogue.files) {
    for (const std::string& name : {file.name, file.name + ".part"}) {
      std::error_code absent;
      const std::uintmax_t size = std::filesystem::file_size(folder / name, absent);
      if (!absent) bytes += size;
    }
  }
  return bytes;
}

// Waits while another process that downloads into the folder gets on with it.
void wait_for(FolderLock& lock, const Catalogue& catalogue, const std::filesystem::path& folder,
              Patience& patience, DataEvents& events) {
  ProgressMeter meter(events, missing_bytes(catalogue, {}));
  while (!lock.try_lock()) {
    const std::uint64_t received = bytes_on_disk(catalogue, folder);
    meter.update(received);
    if (patience.exhausted(received))
      throw_unavailable(catalogue, folder,
                        "another process holds " + (folder / FolderLock::file_name).string() +
                            " and does not get on with its download");
    std::this_thread::sleep_for(tick);
  }
}

// Until all are finished; one that fails ends all, since the set is of no use without it.
void run(std::deque<FileDownload>& downloads, const Catalogue& catalogue,
         const std::filesystem::path& folder, ProgressMeter& meter, DataEvents& events) {
  for (bool finished = false; !finished;) {
    finished = true;
    std::uint64_t received = 0;
    for (FileDownload& download : downloads) {
      download.advance();
      if (const std::string failure = download.take_failure(); !failure.empty())
        events.mirror_failed(download.file().name, failure);
      if (download.failed()) {
        for (FileDownload& other : downloads) other.cancel();
        throw_unavailable(catalogue, folder, download.file().name + " from " + download.failures());
      }
      finished = finished && download.finished();
      received += download.part().size();
    }
    meter.update(received);
    if (!finished) std::this_thread::sleep_for(tick);
  }
}

}  // namespace

Fetched download_missing(const Catalogue& catalogue, const std::filesystem::path& folder,
                         const std::vector<std::string>& given, const DownloadLimits& limits,
                         DataEvents& events, DataFiles& files) {
  events.fetching(catalogue.name, missing_bytes(catalogue, files), folder);
  Patience patience(limits);
  std::optional<FolderLock> lock;
  std::string unsaved;
  try {
    std::filesystem::create_directories(folder);
    lock.emplace(folder);
    wait_for(*lock, catalogue, folder, patience, events);
    files = find_files(catalogue, folder);
  } catch (const std::system_error& error) {
    unsaved = error.code().message();  // without a lock the folder is left alone
  }

  const std::vector<Mirror> mirrors = mirrors_of(catalogue, given);
  ProgressMeter meter(events, missing_bytes(catalogue, files));
  std::deque<FileDownload> downloads;
  Fetched fetched{};
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (files[i]) continue;
    fetched[i] = true;
    const CatalogueFile& file = catalogue.files[i];
    const std::filesystem::path path = folder / file.name;
    downloads.emplace_back(file, mirrors,
                           unsaved.empty() ? PartFile(path, file.bytes) : PartFile(path, unsaved),
                           limits, patience);
  }
  run(downloads, catalogue, folder, meter, events);

  auto download = downloads.begin();
  for (std::size_t i = 0; i < data_file_count; ++i) {
    if (!fetched[i]) continue;
    const PartFile& part = download++->part();
    files[i] = DataFile{.path = part.file(), .bytes = part.bytes()};
    if (unsaved.empty()) unsaved = part.unsaved();
  }
  if (!unsaved.empty())
    events.warning(folder.string() + " cannot be written (" + unsaved + "): " + catalogue.name +
                   " is kept in memory, and has to be fetched again next time");
  return fetched;
}

}  // namespace mnist
