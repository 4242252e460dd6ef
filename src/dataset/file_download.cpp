#include "dataset/file_download.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "dataset/sha256.hpp"

namespace mnist {

FileDownload::FileDownload(CatalogueFile file, std::vector<Mirror> mirrors, PartFile part,
                           const DownloadLimits& limits, Patience patience)
    : file_(std::move(file)),
      mirrors_(std::move(mirrors)),
      last_failure_(mirrors_.size()),
      part_(std::move(part)),
      limits_(limits),
      patience_(patience),
      pause_(limits.first_pause) {
  if (part_.size() == file_.bytes) finish();
}

void FileDownload::advance() {
  if (finished_ || failed_) return;
  if (!transfer_ && Clock::now() >= next_start_) start();
  if (transfer_) receive(transfer_->take());
  if (!finished_ && patience_.exhausted(part_.size())) {
    // The transfer may hang, and is left for later, when all are called off together.
    if (transfer_) last_failure_[failed_tries_ % mirrors_.size()] = "too slow, or no answer";
    failed_ = true;
  }
}

void FileDownload::start() {
  const Mirror& mirror = mirrors_[failed_tries_ % mirrors_.size()];
  resumed_ = may_resume_ && part_.size() > 0 && speaks_http(mirror);
  transfer_ = std::make_unique<Transfer>(TransferRequest{.url = mirror.url + file_.name,
                                                         .protocols = allowed_protocols(mirror),
                                                         .redirects = allowed_redirects(mirror),
                                                         .from = resumed_ ? part_.size() : 0,
                                                         .total = file_.bytes,
                                                         .limits = limits_});
}

void FileDownload::receive(const Transfer::News& news) {
  if (!news.bytes.empty()) {
    // Before anything is thrown away for it: an error page can have the right length, or none.
    if (news.first == 0 && news.bytes.front() != 0x1f)
      return fail_try("sent something that is not gzip");
    if (news.first != part_.size()) part_.restart();
    part_.append(news.bytes);
  }
  if (!news.finished) return;
  if (news.range_refused) may_resume_ = false;
  if (part_.size() == file_.bytes)
    finish();
  else
    fail_try(!news.failure.empty() ? news.failure
                                   : "ended after " + std::to_string(part_.size()) + " of " +
                                         std::to_string(file_.bytes) + " bytes");
}

void FileDownload::finish() {
  const std::string found = sha256_hex(std::as_bytes(std::span(part_.bytes())));
  if (found == file_.sha256) {
    transfer_.reset();
    part_.commit();
    finished_ = true;
    return;
  }
  part_.restart();
  // Which of the two is wrong, this answer or what it continued, only a whole answer tells.
  const bool blameless = resumed_ || !transfer_;
  transfer_.reset();
  if (!blameless) fail_try("sent bytes with the SHA-256 " + found + ", expected " + file_.sha256);
}

void FileDownload::fail_try(const std::string& reason) {
  transfer_.reset();
  const std::size_t mirror = failed_tries_ % mirrors_.size();
  last_failure_[mirror] = reason;
  new_failure_ = without_credentials(mirrors_[mirror].url) + ": " + reason;
  ++failed_tries_;
  failed_ = failed_tries_ >= mirrors_.size() * static_cast<std::size_t>(limits_.rounds);
  next_start_ = Clock::now() + pause_;
  pause_ = std::min(2 * pause_, limits_.longest_pause);
}

std::string FileDownload::failures() const {
  std::string text;
  for (std::size_t i = 0; i < mirrors_.size(); ++i) {
    if (last_failure_[i].empty()) continue;
    text +=
        (text.empty() ? "" : "; ") + without_credentials(mirrors_[i].url) + ": " + last_failure_[i];
  }
  return text;
}

void FileDownload::cancel() {
  if (transfer_) transfer_->cancel();
}

}  // namespace mnist
