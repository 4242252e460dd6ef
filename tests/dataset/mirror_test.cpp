#include "dataset/mirror.hpp"

#include <gtest/gtest.h>

#include "dataset/download_limits.hpp"
#include "dataset/transfer.hpp"

namespace mnist {
namespace {

TEST(Mirror, IsAnHttpHttpsOrFileUrl) {
  for (const char* url : {"http://a", "https://a.example/mnist/", "HTTPS://a/", "file:///srv/mnist",
                          "http://user:secret@a:8080/x", "http://[::1]:80/"})
    EXPECT_TRUE(is_mirror_url(url)) << url;
  for (const char* url :
       {"", "a", "ftp://a/", "http:/a", "http://", "http:///a", "file://a/b", "file://", "scp://a/",
        "http://a b", "http://a/?x=1", "http://a/#x", "http://a/\n", "javascript:x"})
    EXPECT_FALSE(is_mirror_url(url)) << url;
}

TEST(Mirror, GivenOnesComeFirst) {
  Catalogue catalogue;
  catalogue.mirrors = {"https://built-in/"};
  const std::vector<Mirror> mirrors = mirrors_of(catalogue, {"http://one", "file:///two/"});
  ASSERT_EQ(mirrors.size(), 3u);
  EXPECT_EQ(mirrors[0].url, "http://one/");
  EXPECT_EQ(mirrors[1].url, "file:///two/");
  EXPECT_EQ(mirrors[2].url, "https://built-in/");
  EXPECT_FALSE(mirrors[0].built_in);
  EXPECT_TRUE(mirrors[2].built_in);
}

TEST(Mirror, BuiltInOnesSpeakHttpsAlone) {
  const Mirror built_in{.url = "https://a/", .built_in = true};
  EXPECT_EQ(allowed_protocols(built_in), "https");
  EXPECT_EQ(allowed_redirects(built_in), "https");
  EXPECT_EQ(allowed_redirects({.url = "http://a/", .built_in = true}), "https");
}

TEST(Mirror, RedirectsNeitherLeaveHttpsNorReachFiles) {
  EXPECT_EQ(allowed_protocols({.url = "http://a/"}), "http,https,file");
  EXPECT_EQ(allowed_redirects({.url = "http://a/"}), "http,https");
  EXPECT_EQ(allowed_redirects({.url = "https://a/"}), "https");
  EXPECT_EQ(allowed_redirects({.url = "file:///a/"}), "https");
}

TEST(Mirror, CanBeAskedForTheRestOfAFileOverHttp) {
  for (const char* url : {"http://a/", "HTTP://a/", "Https://a/"})
    EXPECT_TRUE(speaks_http({.url = url})) << url;
  EXPECT_FALSE(speaks_http({.url = "file:///http/"}));
}

TEST(Mirror, MessagesDoNotShowPasswords) {
  EXPECT_EQ(without_credentials("http://user:p@ss@a:80/b@c/"), "http://a:80/b@c/");
  EXPECT_EQ(without_credentials("http://a/b@c/"), "http://a/b@c/");
  EXPECT_EQ(without_credentials("http://user@a"), "http://a");
}

TEST(Mirror, TheCatalogueHasThreeOnHttps) {
  const Catalogue catalogue = mnist_catalogue();
  EXPECT_EQ(catalogue.name, "mnist");
  EXPECT_EQ(catalogue.files[0].bytes, 9912422u);
  EXPECT_EQ(catalogue.files[3].unpacked_bytes, 10008u);
  EXPECT_EQ(catalogue.mirrors.size(), 3u);
  for (const std::string& mirror : catalogue.mirrors) {
    EXPECT_TRUE(mirror.starts_with("https://")) << mirror;
    EXPECT_TRUE(mirror.ends_with("/")) << mirror;
  }
}

TEST(DownloadLimits, AreTheseUnlessATestSaysOtherwise) {
  using namespace std::chrono_literals;
  const DownloadLimits limits;
  EXPECT_EQ(limits.connect, 5s);
  EXPECT_EQ(limits.stall, 15s);
  EXPECT_EQ(limits.slowest_rate, 10'000u);
  EXPECT_EQ(limits.redirects, 5);
  EXPECT_EQ(limits.rounds, 2);
  EXPECT_EQ(limits.first_pause, 250ms);
  EXPECT_EQ(limits.longest_pause, 1s);
  EXPECT_EQ(limits.patience, 16s);  // leaves time for synthetic digits within 20 s
  EXPECT_EQ(persistent_limits.stall, 15s);
  EXPECT_EQ(persistent_limits.rounds, 5);
  EXPECT_EQ(persistent_limits.longest_pause, 4s);
  EXPECT_EQ(persistent_limits.patience, 2min);
}

struct PlacedAnswer {
  const char* what;
  AnswerHeaders headers;
  bool accepted;
  std::uint64_t first;
};

TEST(Transfer, ContinuesOnlyWhatFits) {
  const TransferRequest request{
      .url = {}, .protocols = {}, .redirects = {}, .from = 100, .total = 200, .limits = {}};
  const PlacedAnswer answers[] = {
      {"the range", {206, 100, "bytes 100-199/200"}, true, 100},
      {"some of it", {206, 50, "bytes 100-149/200"}, true, 100},
      {"no range", {206, 100, ""}, false, 0},
      {"an earlier start", {206, 200, "bytes 0-199/200"}, false, 0},
      {"a later start", {206, 99, "bytes 101-199/200"}, false, 0},
      {"another total", {206, 100, "bytes 100-199/201"}, false, 0},
      {"no total", {206, 100, "bytes 100-199/*"}, false, 0},
      {"more behind it", {206, 100, "bytes 100-199/200, 0-1/200"}, false, 0},
      {"the whole", {200, 200, ""}, true, 0},
      {"the whole, without a length", {200, -1, ""}, true, 0},
      {"too long", {200, 201, ""}, false, 0},
      {"too short", {200, 199, ""}, false, 0},
      {"a file", {0, 200, ""}, true, 0},
      {"another success", {203, 200, ""}, false, 0},
  };
  for (const PlacedAnswer& answer : answers) {
    const Placement placement = place_answer(answer.headers, request);
    EXPECT_EQ(placement.refusal.empty(), answer.accepted) << answer.what;
    EXPECT_EQ(placement.first, answer.first) << answer.what;
  }
}

}  // namespace
}  // namespace mnist
