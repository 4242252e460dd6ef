// A web server on the loopback interface that does what a test tells it, well or badly.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file_descriptor.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {

struct HttpRequest {
  std::string file;                   // the last part of the path
  std::optional<std::uint64_t> from;  // "Range: bytes=FROM-"
  std::chrono::steady_clock::time_point time;
};

class HttpServer;

class HttpConnection {
 public:
  HttpConnection(HttpServer& server, int socket) : server_(server), socket_(socket) {}

  // False once nobody listens any more.
  bool send(std::string_view bytes);
  // Status line, headers and the length of the body.
  void send_head(const std::string& status, std::size_t length, const std::string& headers = "");
  // Returns early, and false, when the server ends.
  bool wait(std::chrono::milliseconds duration);

 private:
  HttpServer& server_;
  int socket_;
};

using HttpHandler = std::function<void(const HttpRequest&, HttpConnection&)>;

// Connections wait from construction on, and are answered from start() on, each on a thread of its
// own: so a test can fork in between.
class HttpServer {
 public:
  HttpServer();
  explicit HttpServer(HttpHandler handler) : HttpServer() { start(std::move(handler)); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void start(HttpHandler handler);

  std::string url() const;  // "http://127.0.0.1:PORT/"
  std::vector<HttpRequest> requests() const;
  // For the file of this name only.
  std::vector<HttpRequest> requests(const std::string& file) const;

 private:
  friend class HttpConnection;
  void accept_all();
  void answer(FileDescriptor socket);
  void handle(const std::string& head, int socket);

  FileDescriptor listener_;
  HttpHandler handler_;
  std::thread acceptor_;
  std::vector<std::thread> answerers_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::vector<int> open_sockets_;
  std::vector<HttpRequest> requests_;
};

// Serves the true files, in ranges where asked to.
HttpHandler serve(const SampleSet& set);

// The same but for the first file, which `first_file` answers.
HttpHandler serve_but_first(const SampleSet& set, HttpHandler first_file);

// Answers every request alike.
HttpHandler answer_status(const std::string& status, const std::string& body = "no",
                          const std::string& headers = "");

}  // namespace mnist
