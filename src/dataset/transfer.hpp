// One request to a mirror, through libcurl, on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataset/download_limits.hpp"

namespace mnist {

struct TransferRequest {
  std::string url;
  std::string protocols;    // that may be spoken, as libcurl lists them
  std::string redirects;    // protocols that may be redirected to
  std::uint64_t from = 0;   // the first byte that is wanted; anything but 0 asks for a range
  std::uint64_t total = 0;  // bytes of the whole file; an answer of another size is refused
  DownloadLimits limits;
};

// An answer's headers, as far as they tell where its body belongs.
struct AnswerHeaders {
  long status = 0;                   // of HTTP; 0 for a file
  std::int64_t content_length = -1;  // -1 where not told
  std::string content_range;         // "bytes 100-199/200", or empty
};

// Where in the file the body begins: `first`, unless `refusal` says why it is not to be used.
struct Placement {
  std::uint64_t first = 0;
  std::string refusal;
};

// A whole file has to be of request.total bytes. A 206 has to begin at request.from, and its total
// has to be request.total.
Placement place_answer(const AnswerHeaders& headers, const TransferRequest& request);

// Blocks nobody: a transfer that is destroyed before its end is called off, and left to its thread
// where even that hangs (in a name server's silence, or in the open() of a dead network disk).
class Transfer {
 public:
  // What came since the last call.
  struct News {
    std::vector<std::uint8_t> bytes;
    std::uint64_t first = 0;  // where in the file the first of `bytes` belongs
    bool finished = false;
    std::string failure;         // why the transfer is finished; empty where nothing went wrong
    bool range_refused = false;  // the failure is one of asking for a range
  };

  explicit Transfer(TransferRequest request);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  News take();

  // Has the transfer end soon; for calling off several at once.
  void cancel();

 private:
  struct Exchange;
  std::shared_ptr<Exchange> exchange_;
  std::chrono::steady_clock::time_point abandoned_;  // when waiting for a cancelled one ends
};

}  // namespace mnist
