#include "dataset/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace mnist {

bool HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void HttpConnection::send_head(const std::string& status, std::size_t length,
                               const std::string& headers) {
  send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) + "\r\n" + headers +
       "Connection: close\r\n\r\n");
}

bool HttpConnection::wait(std::chrono::milliseconds duration) {
  std::unique_lock lock(server_.mutex_);
  return !server_.ending_.wait_for(lock, duration, [this] { return server_.ended_; });
}

HttpServer::HttpServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener_.get(), 64), 0);
  ::setenv("no_proxy", "*", 1);  // whatever proxy the machine has, not to 127.0.0.1
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (const int socket : open_sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  ending_.notify_all();
  ::shutdown(listener_.get(), SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  for (std::thread& answerer : answerers_) answerer.join();
}

void HttpServer::start(HttpHandler handler) {
  handler_ = std::move(handler);
  acceptor_ = std::thread([this] { accept_all(); });
}

std::string HttpServer::url() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<HttpRequest> HttpServer::requests(const std::string& file) const {
  std::vector<HttpRequest> found = requests();
  std::erase_if(found, [&](const HttpRequest& request) { return request.file != file; });
  return found;
}

void HttpServer::accept_all() {
  while (true) {
    FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex_);
    if (ended_ || !socket.is_open()) return;
    open_sockets_.push_back(socket.get());
    answerers_.emplace_back(
        [this, owned = std::move(socket)]() mutable { answer(std::move(owned)); });
  }
}

void HttpServer::answer(FileDescriptor socket) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
  // A client may give up before it has asked.
  if (head.find("\r\n\r\n") != std::string::npos) handle(head, socket.get());
  const std::lock_guard lock(mutex_);
  std::erase(open_sockets_, socket.get());
  socket = FileDescriptor();
}

void HttpServer::handle(const std::string& head, int socket) {
  const std::string path = head.substr(0, head.find(" HTTP/"));
  HttpRequest request{.file = path.substr(path.rfind('/') + 1),
                      .from = {},
                      .time = std::chrono::steady_clock::now()};
  const std::string range = "Range: bytes=";
  if (const std::size_t at = head.find(range); at != std::string::npos)
    request.from = std::stoull(head.substr(at + range.size()));
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  HttpConnection connection(*this, socket);
  handler_(request, connection);
}

HttpHandler serve(const SampleSet& set) {
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < data_file_count; ++i)
    files[set.catalogue.files[i].name] = set.packed[i];
  return [files](const HttpRequest& request, HttpConnection& connection) {
    const std::string& bytes = files.at(request.file);
    if (!request.from) {
      connection.send_head("200 OK", bytes.size());
      connection.send(bytes);
      return;
    }
    if (*request.from > bytes.size()) return connection.send_head("416 Range Not Satisfiable", 0);
    connection.send_head("206 Partial Content", bytes.size() - *request.from,
                         "Content-Range: bytes " + std::to_string(*request.from) + "-" +
                             std::to_string(bytes.size() - 1) + "/" + std::to_string(bytes.size()) +
                             "\r\n");
    connection.send(std::string_view(bytes).substr(*request.from));
  };
}

HttpHandler serve_but_first(const SampleSet& set, HttpHandler first_file) {
  return [name = set.catalogue.files[0].name, others = serve(set), first_file](
             const HttpRequest& request, HttpConnection& connection) {
    (request.file == name ? first_file : others)(request, connection);
  };
}

HttpHandler answer_status(const std::string& status, const std::string& body,
                          const std::string& headers) {
  return [=](const HttpRequest&, HttpConnection& connection) {
    connection.send_head(status, body.size(), headers);
    connection.send(body);
  };
}

}  // namespace mnist
