#include "dataset/transfer.hpp"

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "dataset/mirror.hpp"

namespace mnist {

// What the two sides share. The thread touches nothing else, so it can be left alone.
struct Transfer::Exchange {
  explicit Exchange(TransferRequest asked) : request(std::move(asked)) {}

  const TransferRequest request;
  std::mutex mutex;
  std::condition_variable finished;
  News news;
  bool cancelled = false;

  // The thread's own.
  CURL* handle = nullptr;
  AnswerHeaders headers;
  bool placed = false;
  std::uint64_t next = 0;  // where in the file the next byte belongs

  void run();

 private:
  void configure(std::array<char, CURL_ERROR_SIZE>& message);
  bool accept(std::span<const char> body);
  void refuse(std::string reason, bool range_refused = false);

  static std::size_t on_header(char* text, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
};

namespace {

constexpr std::chrono::milliseconds cancel_grace{1200};  // libcurl looks up once a second

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(handle, option, value);
  // An option unknown to this libcurl would leave a download unguarded.
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(result));
}

#if LIBCURL_VERSION_NUM >= 0x075500
void allow_protocols(CURL* handle, const TransferRequest& request) {
  set(handle, CURLOPT_PROTOCOLS_STR, request.protocols.c_str());
  set(handle, CURLOPT_REDIR_PROTOCOLS_STR, request.redirects.c_str());
}
#else
long protocol_bits(std::string_view names) {
  const std::string list = "," + std::string(names) + ",";
  long bits = 0;
  if (list.find(",http,") != std::string::npos) bits |= CURLPROTO_HTTP;
  if (list.find(",https,") != std::string::npos) bits |= CURLPROTO_HTTPS;
  if (list.find(",file,") != std::string::npos) bits |= CURLPROTO_FILE;
  return bits;
}

void allow_protocols(CURL* handle, const TransferRequest& request) {
  set(handle, CURLOPT_PROTOCOLS, protocol_bits(request.protocols));
  set(handle, CURLOPT_REDIR_PROTOCOLS, protocol_bits(request.redirects));
}
#endif

}  // namespace

Placement place_answer(const AnswerHeaders& headers, const TransferRequest& request) {
  const std::string total = std::to_string(request.total);
  if (headers.status == 206) {
    unsigned long long first = 0, last = 0, whole = 0;
    int end = 0;
    if (std::sscanf(headers.content_range.c_str(), "bytes %llu-%llu/%llu%n", &first, &last, &whole,
                    &end) == 3 &&
        static_cast<std::size_t>(end) == headers.content_range.size() && first == request.from &&
        whole == request.total)
      return {.first = request.from, .refusal = {}};
    return {.refusal = "answered with the range '" + headers.content_range + "' where bytes from " +
                       std::to_string(request.from) + " of " + total + " were asked for"};
  }
  if (headers.status != 200 && headers.status != 0)
    return {.refusal = "answered with HTTP status " + std::to_string(headers.status)};
  if (headers.content_length >= 0 &&
      static_cast<std::uint64_t>(headers.content_length) != request.total)
    return {.refusal = "offers " + std::to_string(headers.content_length) +
                       " bytes where the file has " + total};
  return {};
}

void Transfer::Exchange::configure(std::array<char, CURL_ERROR_SIZE>& message) {
  set(handle, CURLOPT_URL, request.url.c_str());
  allow_protocols(handle, request);
  set(handle, CURLOPT_ERRORBUFFER, message.data());
  set(handle, CURLOPT_USERAGENT, "mnist-demo");
  set(handle, CURLOPT_NOSIGNAL, 1L);  // else libcurl changes handlers of the whole process
  set(handle, CURLOPT_FAILONERROR, 1L);
  set(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle, CURLOPT_MAXREDIRS, static_cast<long>(request.limits.redirects));
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.limits.connect.count()));
  set(handle, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(request.limits.slowest_rate));
  set(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.limits.stall.count()));
  if (request.from > 0) set(handle, CURLOPT_RANGE, (std::to_string(request.from) + "-").c_str());
  set(handle, CURLOPT_HEADERFUNCTION, on_header);
  set(handle, CURLOPT_HEADERDATA, this);
  set(handle, CURLOPT_WRITEFUNCTION, on_body);
  set(handle, CURLOPT_WRITEDATA, this);
  set(handle, CURLOPT_NOPROGRESS, 0L);
  set(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
  set(handle, CURLOPT_XFERINFODATA, this);
}

void Transfer::Exchange::run() {
  // They are other threads' business, and TLS on a closed connection raises SIGPIPE.
  sigset_t signals;
  sigfillset(&signals);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);

  std::string failure;
  long status = 0;
  try {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(),
                                                                    &curl_easy_cleanup);
    if (!owner) throw std::bad_alloc();
    handle = owner.get();
    std::array<char, CURL_ERROR_SIZE> message{};
    configure(message);
    const CURLcode result = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_HTTP_RETURNED_ERROR)
      failure = "answered with HTTP status " + std::to_string(status);
    else if (result != CURLE_OK)
      failure = message[0] != '\0' ? message.data() : curl_easy_strerror(result);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard lock(mutex);
  if (news.failure.empty()) {
    news.failure = failure;
    news.range_refused = status == 416;
  }
  news.finished = true;
  finished.notify_all();
}

bool Transfer::Exchange::accept(std::span<const char> body) {
  if (!placed) {
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &headers.status);
    curl_off_t length = -1;
    curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    headers.content_length = length;
    const Placement placement = place_answer(headers, request);
    if (!placement.refusal.empty()) {
      refuse(placement.refusal, headers.status == 206);
      return false;
    }
    next = placement.first;
    placed = true;
  }
  if (body.size() > request.total - next) {
    refuse("sends more than the file's " + std::to_string(request.total) + " bytes");
    return false;
  }
  const std::lock_guard lock(mutex);
  if (news.bytes.empty()) news.first = next;
  news.bytes.insert(news.bytes.end(), body.begin(), body.end());
  next += body.size();
  return true;
}

void Transfer::Exchange::refuse(std::string reason, bool range_refused) {
  const std::lock_guard lock(mutex);
  news.failure = std::move(reason);
  news.range_refused = range_refused;
}

std::size_t Transfer::Exchange::on_header(char* text, std::size_t, std::size_t size, void* self) {
  AnswerHeaders& headers = static_cast<Exchange*>(self)->headers;
  std::string_view line(text, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  constexpr std::string_view name = "content-range:";
  if (line.starts_with("HTTP/")) headers = {};  // the last answer after redirects is what counts
  if (line.size() > name.size() && curl_strnequal(line.data(), name.data(), name.size()) != 0) {
    line.remove_prefix(name.size());
    headers.content_range = line.substr(std::min(line.find_first_not_of(' '), line.size()));
  }
  return size;
}

std::size_t Transfer::Exchange::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
  return static_cast<Exchange*>(self)->accept({bytes, size}) ? size : 0;
}

int Transfer::Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Exchange& exchange = *static_cast<Exchange*>(self);
  const std::lock_guard lock(exchange.mutex);
  return exchange.cancelled ? 1 : 0;
}

Transfer::Transfer(TransferRequest request)
    : exchange_(std::make_shared<Exchange>(std::move(request))) {
  // Not thread-safe in older versions, so not left to the first handle.
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized != CURLE_OK) throw std::bad_alloc();
  std::thread([exchange = exchange_] { exchange->run(); }).detach();
}

Transfer::~Transfer() {
  cancel();
  std::unique_lock lock(exchange_->mutex);
  exchange_->finished.wait_until(lock, abandoned_, [this] { return exchange_->news.finished; });
}

Transfer::News Transfer::take() {
  const std::lock_guard lock(exchange_->mutex);
  News news = exchange_->news;
  exchange_->news.bytes.clear();
  return news;
}

void Transfer::cancel() {
  const std::lock_guard lock(exchange_->mutex);
  if (!std::exchange(exchange_->cancelled, true))
    abandoned_ = std::chrono::steady_clock::now() + cancel_grace;
}

}  // namespace mnist
