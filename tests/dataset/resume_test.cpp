#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/error.hpp"
#include "dataset/http_server.hpp"
#include "dataset/obtain.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

class Resume : public testing::Test {
 protected:
  void fetch(const std::vector<std::string>& mirrors, int rounds = 2) {
    DownloadLimits limits = quick_limits;
    limits.rounds = rounds;
    obtain({.choice = DatasetChoice::mnist,
            .folder = folder_.path(),
            .further_folders = {},
            .mirrors = mirrors},
           events_, set_.catalogue, limits);
    EXPECT_EQ(read_whole(file_), bytes_);
    EXPECT_FALSE(std::filesystem::exists(part_));
  }

  // Answers a request for a range with `range`, and with the body that belongs to it.
  HttpHandler answer_range(const std::string& range, std::size_t from) {
    return serve_but_first(set_, [=, this](const HttpRequest& request, HttpConnection& connection) {
      if (!request.from) return serve(set_)(request, connection);
      connection.send_head("206 Partial Content", bytes_.size() - from,
                           range.empty() ? "" : "Content-Range: " + range + "\r\n");
      connection.send(std::string_view(bytes_).substr(from));
    });
  }

  const SampleSet set_;
  const std::string first_ = set_.catalogue.files[0].name;
  const std::string& bytes_ = set_.packed[0];
  const std::size_t half_ = bytes_.size() / 2;
  const TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / first_;
  const std::filesystem::path part_ = folder_.path() / (first_ + ".part");
  RecordedEvents events_;
};

TEST_F(Resume, ContinuesWhatAnEarlierRunHasLeft) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer server(serve(set_));
  fetch({server.url()});
  ASSERT_EQ(server.requests(first_).size(), 1u);
  EXPECT_EQ(server.requests(first_)[0].from, half_);
}

TEST_F(Resume, KnowsAMirrorsSchemeInCapitals) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer server(serve(set_));
  fetch({"HTTP" + server.url().substr(4)});
  EXPECT_EQ(server.requests(first_)[0].from, half_);
}

TEST_F(Resume, ContinuesWithTheNextMirrorWhereOneBreaksOff) {
  const HttpServer breaking(
      serve_but_first(set_, [this](const HttpRequest&, HttpConnection& connection) {
        connection.send_head("200 OK", bytes_.size());
        connection.send(std::string_view(bytes_).substr(0, half_));
      }));
  const HttpServer good(serve(set_));
  fetch({breaking.url(), good.url()});
  ASSERT_EQ(good.requests(first_).size(), 1u);
  EXPECT_EQ(good.requests(first_)[0].from, half_);
}

TEST_F(Resume, ContinuesInALaterRunWhatFailedInThisOne) {
  const HttpServer server(
      serve_but_first(set_, [this](const HttpRequest& request, HttpConnection& connection) {
        if (request.from) return serve(set_)(request, connection);
        connection.send_head("200 OK", bytes_.size());
        connection.send(std::string_view(bytes_).substr(0, half_));
      }));
  EXPECT_THROW(fetch({server.url()}, 1), Error);
  EXPECT_EQ(read_whole(part_), bytes_.substr(0, half_));
  EXPECT_FALSE(std::filesystem::exists(file_));
  fetch({server.url()}, 1);
}

TEST_F(Resume, BeginsAgainWhereTheServerIgnoresTheRange) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer server(serve_but_first(set_, [this](const HttpRequest&, HttpConnection& out) {
    out.send_head("200 OK", bytes_.size());
    out.send(bytes_);
  }));
  fetch({server.url()}, 1);
  EXPECT_EQ(server.requests(first_).size(), 1u);
}

TEST_F(Resume, RefusesARangeThatDoesNotFitAndAsksForTheWhole) {
  const std::string last = std::to_string(bytes_.size() - 1);
  const std::string size = std::to_string(bytes_.size());
  const std::string from = std::to_string(half_);
  const std::string ranges[] = {
      "",                              // none
      "bytes 0-" + last + "/" + size,  // another start
      "bytes " + std::to_string(half_ + 1) + "-" + last + "/" + size,
      "bytes " + from + "-" + last + "/" + std::to_string(bytes_.size() + 1),  // another total
      "bytes " + from + "-" + last + "/*",
  };
  for (const std::string& range : ranges) {
    write_file(part_, bytes_.substr(0, half_));
    const HttpServer server(answer_range(range, half_));
    fetch({server.url()});
    const std::vector<HttpRequest> requests = server.requests(first_);
    ASSERT_EQ(requests.size(), 2u) << range;
    EXPECT_EQ(requests[0].from, half_);
    EXPECT_EQ(requests[1].from, std::nullopt);
    std::filesystem::remove(file_);
  }
}

TEST_F(Resume, BelievesNoRangeOfARedirect) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer silent(answer_range("", half_));
  const std::string range = "Content-Range: bytes " + std::to_string(half_) + "-" +
                            std::to_string(bytes_.size() - 1) + "/" +
                            std::to_string(bytes_.size()) + "\r\n";
  const HttpServer server(serve_but_first(
      set_, answer_status("302 Found", "", range + "Location: " + silent.url() + first_ + "\r\n")));
  fetch({server.url()});
  const std::vector<HttpRequest> requests = silent.requests(first_);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].from, half_);
  EXPECT_EQ(requests[1].from, std::nullopt);
}

TEST_F(Resume, AsksForTheWholeWhereTheRangeCannotBeHad) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer server(serve_but_first(set_, [this](const HttpRequest& request,
                                                       HttpConnection& connection) {
    (request.from ? answer_status("416 Range Not Satisfiable") : serve(set_))(request, connection);
  }));
  fetch({server.url()});
  EXPECT_EQ(server.requests(first_).size(), 2u);
}

TEST_F(Resume, KeepsThePartWhereAnErrorPageComesInItsPlace) {
  write_file(part_, bytes_.substr(0, half_));
  const HttpServer page(
      serve_but_first(set_, answer_status("200 OK", std::string(bytes_.size(), '<'))));
  const HttpServer good(serve(set_));
  fetch({page.url(), good.url()}, 1);
  EXPECT_EQ(good.requests(first_)[0].from, half_);
}

TEST_F(Resume, ThrowsAwayAPartThatTurnsOutWrong) {
  std::string wrong = bytes_.substr(0, half_);
  wrong[100] = static_cast<char>(wrong[100] ^ 1);
  write_file(part_, wrong);
  const HttpServer server(serve(set_));
  fetch({server.url()}, 1);
  const std::vector<HttpRequest> requests = server.requests(first_);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].from, half_);
  EXPECT_EQ(requests[1].from, std::nullopt);
}

TEST_F(Resume, AsksForNothingWhereThePartIsWhole) {
  write_file(part_, bytes_);
  const HttpServer server(serve(set_));
  fetch({server.url()});
  EXPECT_TRUE(server.requests(first_).empty());
}

TEST_F(Resume, ThrowsAwayAPartThatIsWholeAndWrongOrTooLong) {
  for (const std::string& wrong : {std::string(bytes_.size(), 'x'), bytes_ + "x"}) {
    write_file(part_, wrong);
    const HttpServer server(serve(set_));
    fetch({server.url()}, 1);
    ASSERT_EQ(server.requests(first_).size(), 1u);
    EXPECT_EQ(server.requests(first_)[0].from, std::nullopt);
    std::filesystem::remove(file_);
  }
}

TEST_F(Resume, DoesNotWriteThroughALink) {
  const std::filesystem::path victim = folder_.path() / "victim";
  write_file(victim, "untouched");
  std::filesystem::create_symlink(victim, part_);
  const HttpServer server(serve(set_));
  const TrainingData data = obtain({.choice = DatasetChoice::mnist,
                                    .folder = folder_.path(),
                                    .further_folders = {},
                                    .mirrors = {server.url()}},
                                   events_, set_.catalogue, quick_limits);
  EXPECT_EQ(data.name, "sample");
  EXPECT_EQ(read_whole(victim), "untouched");
}

}  // namespace
}  // namespace mnist
