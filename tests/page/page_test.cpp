#include "page/page.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "dataset/sha256.hpp"
#include "page/base64.hpp"
#include "page/sample_pages.hpp"
#include "report/clean_line.hpp"
#include "report/json.hpp"
#include "report/sample_results.hpp"

namespace mnist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What stands between the first `before` and the next `after`.
std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t begin = text.find(before);
  if (begin == std::string::npos) return "there is no " + before;
  return text.substr(begin + before.size(),
                     text.find(after, begin + before.size()) - begin - before.size());
}

nlohmann::json block(const std::string& page, const std::string& id) {
  return nlohmann::json::parse(
      between(page, "<script type=\"application/json\" id=\"" + id + "\">", "</script>"));
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++count;
  return count;
}

std::string hash_of(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return "'sha256-" + base64(hash.digest()) + "'";
}

TEST(Page, AllowsItsOwnScriptAndStyleAlone) {
  const std::string page = render_page(sample_content(), full_result());
  const std::string policy =
      between(page, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\">");
  EXPECT_EQ(policy, "default-src 'none'; script-src " +
                        hash_of(between(page, "<script>", "</script>")) + "; style-src " +
                        hash_of(between(page, "<style>", "</style>")) +
                        "; img-src data:; base-uri 'none'; form-action 'none'");
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  for (const char* const outside : {"http://", "https://", "src=\"", " style=\""})
    EXPECT_EQ(count_of(between(page, "<body>", "<script type"), outside), 0u) << outside;
}

TEST(Page, HoldsTheWholeResult) {
  const RunResult result = full_result();
  const std::string page = render_page(sample_content(), result);
  EXPECT_EQ(block(page, "result"), nlohmann::json::parse(to_json(result)));
  EXPECT_EQ(block(page, "content").at("seed"), "18446744073709551615");
  EXPECT_THAT(page,
              HasSubstr("<p class=\"verdict failed\">failed (21): GPU health threshold: 1 row"));
  EXPECT_THAT(between(page, "<noscript>", "</noscript>"), HasSubstr("Final accuracy: 0.9786\n"));
}

TEST(Page, HoldsTheNetworkAndWhatItAnswered) {
  const nlohmann::json content = block(render_page(sample_content(), full_result()), "content");
  const nlohmann::json& layers = content.at("layers");
  ASSERT_EQ(layers.size(), 5u);
  EXPECT_EQ(layers[0],
            nlohmann::json::parse(R"({"kind": "conv2d", "kernel": 5, "input": [1, 28, 28],
      "output": [2, 24, 24], "weights": [0, 50], "bias": [50, 2]})"));
  EXPECT_EQ(layers[2].at("window"), 5);
  EXPECT_EQ(layers[4].at("weights"), nlohmann::json({52, 320}));
  EXPECT_EQ(content.at("losses")[1], nlohmann::json({1, 1, 1.25, 1.25, 1.25}));
  EXPECT_EQ(content.at("test_losses"), nlohmann::json::parse("[[0, 2.375], [2, 0.75]]"));
  const nlohmann::json& trained = content.at("trained");
  const std::vector<float> parameters(52 + 330, 0.5f);
  EXPECT_EQ(trained.at("parameters"), base64(std::as_bytes(std::span(parameters))));
  EXPECT_EQ(trained.at("confusion")[9], nlohmann::json(std::vector<int>(10, 3)));
  const nlohmann::json& mistake = trained.at("mistakes")[0];
  EXPECT_EQ(mistake.at("image"), 17);
  EXPECT_EQ(mistake.at("label"), 4);
  EXPECT_EQ(mistake.at("answer"), 9);
  EXPECT_EQ(mistake.at("probability"), 0.9375);
}

TEST(Page, IsNotBrokenByHostileText) {
  RunResult hostile = hostile_result();
  hostile.devices[0].name = "</script><!--<script>alert(1)//{{style}}" + hostile_text;
  hostile.verdict.evidence = "<img src=x onerror=alert(1)> \"' & {{script}}";
  const std::string page = render_page(sample_content(), hostile);
  EXPECT_EQ(count_of(page, "<script"), 3u);
  EXPECT_EQ(count_of(page, "</script"), 3u);
  EXPECT_EQ(count_of(page, "<!--"), 0u);
  EXPECT_EQ(count_of(page, "<img src=x"), 0u);
  EXPECT_THAT(page, HasSubstr("&lt;img src=x onerror=alert(1)&gt; &quot;' &amp; {{script}}"));
  EXPECT_EQ(block(page, "result").at("devices")[0].at("name"),
            nlohmann::json::parse(to_json(hostile)).at("devices")[0].at("name"));
  EXPECT_EQ(clean_line(between(page, "<body>", "<script type")).find("\x1b"), std::string::npos);
}

TEST(Page, ShowsARunThatEndedBeforeItsNetworkCouldBeRead) {
  PageContent content;
  EXPECT_EQ(block(render_page(content, {}), "content").at("layers"), nlohmann::json::array());
  content.network = sample_content().network;
  const std::string page = render_page(content, {});
  EXPECT_TRUE(block(page, "content").at("trained").is_null());
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
}

TEST(Page, ThinsLongCurvesAndKeepsTheirEnds) {
  RunResult result = full_result();
  PageContent content = sample_content();
  result.curve.clear();
  content.test_losses.clear();
  for (std::uint64_t step = 0; step <= 5000; ++step) {
    result.curve.push_back({step, 0.5});
    content.test_losses.push_back({step, 0.25});
  }
  const std::string page = render_page(content, result);
  const nlohmann::json curve = block(page, "result").at("curve");
  EXPECT_EQ(curve.size(), 834u);  // every sixth
  EXPECT_EQ(curve.back().at("step"), 5000);
  EXPECT_EQ(block(page, "content").at("test_losses").back(), nlohmann::json({5000, 0.25}));
}

TEST(LossCurve, HoldsAnyNumberOfSteps) {
  LossCurve curve;
  const std::size_t steps = 2 * LossCurve::most_points + 5;
  for (std::size_t step = 0; step < steps; ++step) curve.add(static_cast<float>(step));
  const auto& points = curve.points();
  ASSERT_EQ(points.size(), LossCurve::most_points / 2 + 2);
  EXPECT_EQ(points[1].first, 4u);
  EXPECT_EQ(points[1].steps, 4u);
  EXPECT_EQ(points[1].mean, 5.5);
  EXPECT_EQ(points[1].least, 4);
  EXPECT_EQ(points[1].most, 7);
  EXPECT_EQ(points[LossCurve::most_points / 2].mean, 2 * LossCurve::most_points + 1.5);
  EXPECT_EQ(points.back().first, 2 * LossCurve::most_points + 4);
  EXPECT_EQ(points.back().steps, 1u);
}

// Answers with the digit that an image's first pixel names, the surer the greater the second is.
class PixelEngine : public Engine {
 public:
  Description describe() const override { return {}; }
  void load(const Dataset&, const Dataset&) override {}
  std::vector<StepResult> train(std::span<const std::uint32_t>, std::span<const float>) override {
    return {};
  }
  TimedStep train_timed(std::span<const std::uint32_t>, float) override { return {}; }
  Score evaluate() override { return {}; }
  void outputs(std::span<const std::uint8_t>, std::vector<std::vector<float>>&) override {}
  std::vector<float> infer(std::span<const std::uint8_t> images) override {
    most_images = std::max(most_images, images.size() / 2);
    std::vector<float> logits(images.size() / 2 * class_count);
    for (std::size_t i = 0; i < images.size() / 2; ++i)
      logits[i * class_count + images[2 * i]] = images[2 * i + 1];
    return logits;
  }
  Probe probe(std::span<const std::uint32_t>) override { return {}; }
  std::vector<float> parameters() const override { return {0.25f}; }
  TrainingState state() const override { return {}; }
  void restore(const TrainingState&) override {}

  std::size_t most_images = 0;
};

// 2,500 images, of which three are read wrong.
Dataset made_up_images() {
  Dataset set{.image = {1, 1, 2}, .pixels = {}, .labels = {}};
  for (std::size_t i = 0; i < 2500; ++i) {
    set.labels.push_back(static_cast<std::uint8_t>(i % 10));
    set.pixels.insert(set.pixels.end(), {static_cast<std::uint8_t>(i % 10), 5});
  }
  const auto read_as = [&set](std::size_t image, std::uint8_t answer, std::uint8_t sureness) {
    set.pixels[2 * image] = answer;
    set.pixels[2 * image + 1] = sureness;
  };
  read_as(3, 8, 2);
  read_as(1004, 9, 9);
  read_as(2499, 0, 4);
  return set;
}

TEST(Answers, AreCountedAndTheWorstKept) {
  const Dataset test = made_up_images();
  PixelEngine engine;
  const Answers answers = answers_to(test, engine, 2);
  EXPECT_EQ(engine.most_images, 1000u);
  EXPECT_EQ(answers.confusion[3][3], 249u);
  EXPECT_EQ(answers.confusion[3][8], 1u);
  EXPECT_EQ(answers.confusion[9][0], 1u);
  ASSERT_EQ(answers.worst.size(), 2u);
  EXPECT_EQ(answers.worst[0].image, 1004u);
  EXPECT_EQ(answers.worst[0].label, 4);
  EXPECT_EQ(answers.worst[0].answer, 9);
  EXPECT_NEAR(answers.worst[0].answer_probability, 0.99889, 1e-5);  // e^9 / (e^9 + 9)
  EXPECT_NEAR(answers.worst[0].label_probability, 0.000123, 1e-6);
  EXPECT_THAT(answers.worst[0].pixels, ElementsAre(9, 9));
  EXPECT_EQ(answers.worst[1].image, 2499u);
}

TEST(Page, FollowsARunAndIsWrittenAtItsEnd) {
  const auto path = std::filesystem::path(testing::TempDir()) / "page.html";
  const Dataset test = made_up_images();
  PixelEngine engine;
  const auto page = page_of_a_run(path);
  page->begins(sample_content().network, test);
  page->evaluated(0, {.loss = 2, .correct = 1, .count = 10}, engine);
  const StepResult steps[] = {{3, 1}, {1, 2}};
  page->trained(0, steps, engine);
  page->end(engine);
  EXPECT_FALSE(std::filesystem::exists(path));
  page->write(full_result());
  std::ifstream file(path);
  const nlohmann::json content =
      block(std::string(std::istreambuf_iterator<char>(file), {}), "content");
  EXPECT_EQ(content.at("losses").size(), 2u);
  EXPECT_EQ(content.at("test_losses"), nlohmann::json::parse("[[0, 2.0]]"));
  EXPECT_EQ(content.at("trained").at("parameters"), "AACAPg==");
  EXPECT_EQ(content.at("trained").at("mistakes").size(), 3u);
  std::filesystem::remove(path);
}

TEST(Base64, IsThatOfTheStandard) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : cases)
    EXPECT_EQ(base64(std::as_bytes(std::span(bytes))), text) << bytes;
}

}  // namespace
}  // namespace mnist
