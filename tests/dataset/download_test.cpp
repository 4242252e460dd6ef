#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "dataset/http_server.hpp"
#include "dataset/obtain.hpp"
#include "dataset/sample_set.hpp"
#include "dataset/transfer.hpp"

namespace mnist {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class Download : public testing::Test {
 protected:
  TrainingData fetch(const std::vector<std::string>& mirrors,
                     const DownloadLimits& limits = quick_limits) {
    return obtain({.choice = DatasetChoice::mnist,
                   .folder = folder_.path(),
                   .further_folders = {},
                   .mirrors = mirrors},
                  events_, set_.catalogue, limits);
  }

  // The message of a fetch that fails.
  std::string failure(const std::vector<std::string>& mirrors,
                      const DownloadLimits& limits = quick_limits) {
    try {
      fetch(mirrors, limits);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::data_unavailable) << error.what();
      EXPECT_THAT(error.remedy(), HasSubstr("--mirror"));
      return error.what();
    }
    ADD_FAILURE() << "was fetched";
    return {};
  }

  bool has(const std::string& file) { return std::filesystem::exists(folder_.path() / file); }

  void expect_all_files() {
    for (std::size_t i = 0; i < data_file_count; ++i) {
      const std::string& name = set_.catalogue.files[i].name;
      EXPECT_EQ(read_whole(folder_.path() / name), set_.packed[i]) << name;
      EXPECT_FALSE(has(name + ".part"));
    }
  }

  const SampleSet set_;
  const std::string first_ = set_.catalogue.files[0].name;
  const TemporaryFolder folder_;
  RecordedEvents events_;
};

TEST_F(Download, ReportsInTheCataloguesOrderWhicheverFileFinishesFirst) {
  const HttpServer server(
      serve_but_first(set_, [&](const HttpRequest& request, HttpConnection& connection) {
        connection.wait(300ms);
        serve(set_)(request, connection);
      }));
  const TrainingData data = fetch({server.url()});
  EXPECT_EQ(data.name, "sample");
  EXPECT_EQ(data.sha256, set_.catalogue.sha256);
  EXPECT_EQ(data.training.size(), 50u);
  EXPECT_EQ(data.test.size(), 20u);
  std::vector<std::string> expected;
  for (const CatalogueFile& file : set_.catalogue.files) {
    expected.push_back("downloaded " + file.name + " " + std::to_string(file.bytes));
    expected.push_back("extracting " + (folder_.path() / file.name).string());
  }
  EXPECT_EQ(events_.lines, expected);
  EXPECT_TRUE(events_.warnings.empty());
  EXPECT_TRUE(events_.failed_mirrors.empty());
  std::size_t bytes = 0;
  for (const std::string& packed : set_.packed) bytes += packed.size();
  EXPECT_THAT(events_.begun,
              ElementsAre("sample " + std::to_string(bytes) + " " + folder_.path().string()));
  expect_all_files();
}

TEST_F(Download, IsNotNeededTwice) {
  const HttpServer server(serve(set_));
  fetch({server.url()});
  EXPECT_EQ(server.requests().size(), 4u);
  events_.lines.clear();
  fetch({server.url()});
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(events_.lines.size(), 4u);  // of extracting alone
}

struct BadServer {
  const char* name;
  HttpHandler first_file;  // how the first file is answered; the others are served well
  const char* failure;
};

void PrintTo(const BadServer& server, std::ostream* stream) { *stream << server.name; }

std::string bytes_like_gzip(std::size_t size) { return "\x1f\x8b" + std::string(size - 2, 'x'); }

// All bytes that the client takes, up to what a test can bear; `taken` tells how many those were.
HttpHandler endless(std::atomic<std::size_t>& taken) {
  return [&taken](const HttpRequest&, HttpConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    const std::string chunk = bytes_like_gzip(10'000);
    for (std::size_t sent = 0; sent < 64'000'000 && connection.send(chunk); sent += chunk.size())
      taken += chunk.size();
  };
}

const std::size_t first_size = SampleSet().packed[0].size();
std::atomic<std::size_t> endless_taken = 0;

const BadServer bad_servers[] = {
    {"forbids", answer_status("403 Forbidden"), "answered with HTTP status 403"},
    {"has_lost_it", answer_status("404 Not Found"), "answered with HTTP status 404"},
    {"is_down", answer_status("503 Service Unavailable"), "answered with HTTP status 503"},
    {"has_another_success", answer_status("203 Non-Authoritative", bytes_like_gzip(first_size)),
     "answered with HTTP status 203"},
    {"shows_a_page", answer_status("200 OK", "<html>sorry</html>"), "offers 18 bytes"},
    {"shows_a_page_of_the_right_length", answer_status("200 OK", std::string(first_size, '<')),
     "sent something that is not gzip"},
    {"sends_nothing", answer_status("200 OK", ""), "ended after 0 of"},
    {"sends_other_bytes", answer_status("200 OK", bytes_like_gzip(first_size)),
     "sent bytes with the SHA-256"},
    {"declares_more",
     [](const HttpRequest&, HttpConnection& connection) {
       connection.send_head("200 OK", first_size + 1);
       connection.send(bytes_like_gzip(first_size + 1));
     },
     "bytes where the file has"},
    {"declares_less", answer_status("200 OK", bytes_like_gzip(first_size - 1)),
     "bytes where the file has"},
    {"truncates",
     [](const HttpRequest&, HttpConnection& connection) {
       connection.send_head("200 OK", first_size);
       connection.send(bytes_like_gzip(first_size / 2));
     },
     "remaining"},
    {"truncates_without_a_length",
     [](const HttpRequest&, HttpConnection& connection) {
       connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes_like_gzip(100));
     },
     "ended after 100 of"},
    {"never_ends", endless(endless_taken), "sends more than the file's"},
    {"stalls",
     [](const HttpRequest&, HttpConnection& connection) {
       connection.send_head("200 OK", first_size);
       connection.send(bytes_like_gzip(100));
       connection.wait(1min);
     },
     "Operation too slow"},
    {"never_answers", [](const HttpRequest&, HttpConnection& connection) { connection.wait(1min); },
     "Operation too slow"},
    {"hangs_up", [](const HttpRequest&, HttpConnection&) {}, "Empty reply"},
    {"talks_nonsense",
     [](const HttpRequest&, HttpConnection& connection) { connection.send("nonsense\r\n\r\n"); },
     "HTTP/0.9"},
    {"redirects_without_end",
     answer_status("302 Found", "", "Location: /" + SampleSet().catalogue.files[0].name + "\r\n"),
     "Maximum (5) redirects followed"},
};

class DownloadFromBadServer : public Download, public testing::WithParamInterface<BadServer> {};

TEST_P(DownloadFromBadServer, FailsAndLeavesNothingThatLooksWhole) {
  const HttpServer server(serve_but_first(set_, GetParam().first_file));
  const std::string message = failure({server.url()});
  EXPECT_THAT(message, HasSubstr(GetParam().failure));
  EXPECT_THAT(message, HasSubstr(first_ + " from " + server.url() + ": "));
  EXPECT_FALSE(has(first_));
  EXPECT_TRUE(events_.lines.empty());
}

TEST_P(DownloadFromBadServer, GoesOnWithTheNextMirror) {
  const HttpServer bad(serve_but_first(set_, GetParam().first_file));
  const HttpServer good(serve(set_));
  EXPECT_EQ(fetch({bad.url(), good.url()}).name, "sample");
  expect_all_files();
}

INSTANTIATE_TEST_SUITE_P(All, DownloadFromBadServer, testing::ValuesIn(bad_servers),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(Download, TakesNoMoreFromAnEndlessAnswerThanBuffersHold) {
  endless_taken = 0;
  const HttpServer server(serve_but_first(set_, endless(endless_taken)));
  failure({server.url()});
  EXPECT_LT(endless_taken, first_size + 16'000'000);
}

TEST_F(Download, FollowsARedirect) {
  const HttpServer good(serve(set_));
  const HttpServer server([&](const HttpRequest& request, HttpConnection& connection) {
    connection.send_head("302 Found", 0, "Location: " + good.url() + request.file + "\r\n");
  });
  fetch({server.url()});
  expect_all_files();
}

TEST_F(Download, FollowsNoRedirectToAFile) {
  const TemporaryFolder elsewhere;
  set_.write_packed(elsewhere.path());
  const HttpServer server([&](const HttpRequest& request, HttpConnection& connection) {
    connection.send_head("302 Found", 0,
                         "Location: file://" + (elsewhere.path() / request.file).string() + "\r\n");
  });
  EXPECT_THAT(failure({server.url()}), HasSubstr("rotocol"));
}

TEST_F(Download, FollowsRedirectsToTheAllowedProtocolsOnly) {
  const HttpServer server(answer_status("302 Found", "", "Location: /x\r\n"));
  Transfer transfer({.url = server.url(),
                     .protocols = "http",
                     .redirects = "https",
                     .from = 0,
                     .total = 1,
                     .limits = quick_limits});
  Transfer::News news;
  while (!(news = transfer.take()).finished) std::this_thread::sleep_for(1ms);
  EXPECT_THAT(news.failure, HasSubstr("rotocol"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Download, SpeaksOnlyHttpsWithBuiltInMirrors) {
  const HttpServer server(serve(set_));
  Catalogue plain = set_.catalogue;
  plain.mirrors = {server.url()};
  const DataRequest request{.choice = DatasetChoice::mnist,
                            .folder = folder_.path(),
                            .further_folders = {},
                            .mirrors = {}};
  EXPECT_THROW(obtain(request, events_, plain, quick_limits), Error);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, TakesFileUrls) {
  const TemporaryFolder mirror;
  set_.write_packed(mirror.path());
  fetch({"file://" + mirror.path().string()});
  expect_all_files();
}

TEST_F(Download, GivesUpOnAHostThatDoesNotAnswer) {
  // A full backlog: the system drops further attempts to connect, as a firewall would.
  const FileDescriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  std::vector<FileDescriptor> fillers;
  for (int i = 0; i < 8; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), size);
  }
  ::setenv("no_proxy", "*", 1);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  DownloadLimits limits = quick_limits;
  limits.stall = 60s;  // so that it is the time-out of the connection that ends it
  limits.patience = 60s;
  EXPECT_THAT(failure({url}, limits), testing::ContainsRegex("[Tt]ime"));
}

TEST_F(Download, GivesUpOnAFetchThatHangsForEver) {
  // Opening a pipe that nobody writes to blocks as a name server's silence does: in a call that
  // libcurl cannot end.
  const TemporaryFolder mirror;
  set_.write_packed(mirror.path());
  std::filesystem::remove(mirror.path() / first_);
  ASSERT_EQ(::mkfifo((mirror.path() / first_).c_str(), 0600), 0);
  DownloadLimits limits = quick_limits;
  limits.patience = 600ms;
  EXPECT_THAT(failure({"file://" + mirror.path().string()}, limits),
              HasSubstr("too slow, or no answer"));
  // Lets the thread end.
  const FileDescriptor writer(::open((mirror.path() / first_).c_str(), O_RDWR | O_NONBLOCK));
  std::this_thread::sleep_for(50ms);
}

TEST_F(Download, HasPatienceAsLongAsEnoughComesIn) {
  // More than 2 s at 16 kB/s.
  const HttpServer server(
      serve_but_first(set_, [&](const HttpRequest&, HttpConnection& connection) {
        connection.send_head("200 OK", first_size);
        for (std::size_t sent = 0; sent < first_size && connection.wait(60ms); sent += 1000)
          connection.send(std::string_view(set_.packed[0]).substr(sent, 1000));
      }));
  DownloadLimits limits = quick_limits;
  limits.stall = 60s;
  limits.slowest_rate = 4000;
  limits.patience = 1500ms;
  fetch({server.url()}, limits);
  expect_all_files();
  std::uint64_t total = 0;
  for (const CatalogueFile& file : set_.catalogue.files) total += file.bytes;
  ASSERT_FALSE(events_.progressed.empty());
  for (std::size_t i = 0; i < events_.progressed.size(); ++i) {
    EXPECT_EQ(events_.progressed[i].second, total);
    EXPECT_LE(events_.progressed[i].first, total);
    if (i > 0) {
      EXPECT_GT(events_.progressed[i].first, events_.progressed[i - 1].first);
    }
  }
}

TEST_F(Download, LosesPatienceWithADrip) {
  const HttpServer server(serve_but_first(set_, [](const HttpRequest&, HttpConnection& connection) {
    connection.send_head("200 OK", first_size);
    connection.send("\x1f\x8b");
    while (connection.wait(20ms) && connection.send("x")) continue;
  }));
  DownloadLimits limits = quick_limits;
  limits.stall = 60s;
  limits.patience = 700ms;
  EXPECT_THAT(failure({server.url()}, limits), HasSubstr("too slow, or no answer"));
}

TEST_F(Download, PausesLongerBeforeEachFurtherTry) {
  std::atomic<int> tries = 0;
  const HttpServer server(serve_but_first(set_, [&](const HttpRequest& request,
                                                    HttpConnection& connection) {
    (++tries <= 3 ? answer_status("503 Service Unavailable") : serve(set_))(request, connection);
  }));
  DownloadLimits limits = quick_limits;
  limits.rounds = 4;
  limits.first_pause = 100ms;
  limits.longest_pause = 1s;
  fetch({server.url()}, limits);
  const std::vector<HttpRequest> requests = server.requests(first_);
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_GE(requests[1].time - requests[0].time, 100ms);
  EXPECT_GE(requests[2].time - requests[1].time, 200ms);
  EXPECT_GE(requests[3].time - requests[2].time, 400ms);
}

TEST_F(Download, TriesEveryMirrorInEveryRoundAndNamesEach) {
  const HttpServer first(answer_status("503 Service Unavailable"));
  const HttpServer second(answer_status("404 Not Found"));
  DownloadLimits limits = quick_limits;
  limits.rounds = 3;
  const std::string message = failure({first.url(), second.url()}, limits);
  EXPECT_THAT(message, HasSubstr(first.url() + ": answered with HTTP status 503; " + second.url() +
                                 ": answered with HTTP status 404"));
  EXPECT_GE(first.requests().size(), 3u);
  EXPECT_GE(second.requests().size(), 3u);
}

TEST_F(Download, TellsOfEachTryThatFails) {
  const HttpServer bad(serve_but_first(set_, answer_status("403 Forbidden")));
  const HttpServer good(serve(set_));
  fetch({bad.url(), good.url()});
  EXPECT_THAT(events_.failed_mirrors,
              ElementsAre(first_ + " " + bad.url() + ": answered with HTTP status 403"));
}

TEST_F(Download, LeavesNoEmptyFiles) {
  write_file(folder_.path() / (first_ + ".part"), "");
  for (const HttpHandler& handler : {answer_status("503 Service Unavailable"),
                                     answer_status("200 OK", bytes_like_gzip(first_size))}) {
    const HttpServer server(serve_but_first(set_, handler));
    failure({server.url()});
    EXPECT_FALSE(has(first_ + ".part"));
  }
}

TEST_F(Download, SaysNoPasswords) {
  const HttpServer server(answer_status("403 Forbidden"));
  std::string url = server.url();
  url.insert(url.find("127"), "user:secret@");
  EXPECT_THAT(failure({url}), testing::Not(HasSubstr("secret")));
}

TEST_F(Download, GivesWayToSyntheticDigitsOnlyInAutomaticChoice) {
  const HttpServer server(answer_status("503 Service Unavailable"));
  const TrainingData data = obtain({.choice = DatasetChoice::automatic,
                                    .folder = folder_.path(),
                                    .further_folders = {},
                                    .mirrors = {server.url()},
                                    .threads = 2},
                                   events_, set_.catalogue, quick_limits);
  EXPECT_EQ(data.name, "synthetic");
  ASSERT_EQ(events_.warnings.size(), 2u);
  EXPECT_EQ(events_.warnings[0],
            "SYNTHETIC DIGITS TAKE THE PLACE OF sample, which cannot be fetched");
  EXPECT_THAT(events_.warnings[1], HasSubstr("HTTP status 503"));
  failure({server.url()});
}

}  // namespace
}  // namespace mnist
