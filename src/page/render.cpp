#include "page/render.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "data/digit_picture.hpp"
#include "data/drawing.hpp"
#include "data/figures.hpp"
#include "data/network.hpp"
#include "data/page_css.hpp"
#include "data/page_html.hpp"
#include "data/page_js.hpp"
#include "dataset/sha256.hpp"
#include "page/base64.hpp"
#include "report/clean_line.hpp"
#include "report/closing_lines.hpp"
#include "report/json.hpp"

namespace mnist {
namespace {

using Json = nlohmann::ordered_json;

// More than a screen has columns for.
constexpr std::size_t most_curve_points = 1000;

// Some of them at even distances, the last among them.
template <class Point>
std::vector<Point> thinned(const std::vector<Point>& points) {
  const std::size_t stride = points.size() / most_curve_points + 1;
  std::vector<Point> kept;
  for (std::size_t i = (points.size() + stride - 1) % stride; i < points.size(); i += stride)
    kept.push_back(points[i]);
  return kept;
}

Json layer_json(const PlannedLayer& layer) {
  Json json{{"kind", layer_name(layer.spec)},
            {"input", {layer.input.channels, layer.input.height, layer.input.width}},
            {"output", {layer.output.channels, layer.output.height, layer.output.width}},
            {"weights", {layer.weights.offset, layer.weights.size}},
            {"bias", {layer.bias.offset, layer.bias.size}}};
  if (const auto* const conv2d = std::get_if<Conv2d>(&layer.spec)) json["kernel"] = conv2d->kernel;
  if (const auto* const pool = std::get_if<MaxPool>(&layer.spec)) json["window"] = pool->window;
  return json;
}

Json layers_json(const NetworkPlan& network) {
  Json list = Json::array();
  for (const PlannedLayer& layer : network.layers) list.push_back(layer_json(layer));
  return list;
}

// Every other number is as the training had it, and one that is not finite becomes null.
Json losses_json(const LossCurve& losses) {
  Json list = Json::array();
  for (const LossCurve::Point& point : losses.points())
    list.push_back({point.first, point.steps, point.mean, point.least, point.most});
  return list;
}

Json test_losses_json(const std::vector<TestLoss>& losses) {
  Json list = Json::array();
  for (const TestLoss& point : thinned(losses)) list.push_back({point.step, point.loss});
  return list;
}

Json mistakes_json(const std::vector<Mistake>& mistakes) {
  Json list = Json::array();
  for (const Mistake& mistake : mistakes)
    list.push_back({{"image", mistake.image},
                    {"label", mistake.label},
                    {"answer", mistake.answer},
                    {"probability", mistake.answer_probability},
                    {"pixels", base64(std::as_bytes(std::span(mistake.pixels)))}});
  return list;
}

Json trained_json(const std::optional<PageContent::Trained>& trained) {
  if (!trained) return nullptr;
  return {{"parameters", base64(std::as_bytes(std::span(trained->parameters)))},
          {"confusion", trained->answers.confusion},
          {"mistakes", mistakes_json(trained->answers.worst)}};
}

std::string content_json(const PageContent& content, const RunResult& result) {
  // The seed as text: numbers of a script have 53 bits.
  return Json{{"seed", std::to_string(result.seed)},
              {"layers", layers_json(content.network)},
              {"losses", losses_json(content.losses)},
              {"test_losses", test_losses_json(content.test_losses)},
              {"trained", trained_json(content.trained)}}
      .dump();
}

std::string result_json(RunResult result) {
  result.curve = thinned(result.curve);
  return to_json(result);
}

// JSON where HTML expects a script: no tag can end it. Only its strings hold a '<'.
std::string inside_script(const std::string& json) {
  std::string text;
  for (const char c : json)
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

std::string lines_markup(const std::vector<std::string>& lines) {
  std::string markup;
  for (const std::string& line : lines) markup += markup_line(line) + "\n";
  return markup;
}

// As a content security policy names a script or style that may be.
std::string hash_source(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return "'sha256-" + base64(hash.digest()) + "'";
}

// `frame` with the value of each {{name}} in its place.
std::string filled(std::string_view frame, const std::map<std::string, std::string>& values) {
  constexpr std::string_view before = "{{";
  constexpr std::string_view after = "}}";
  std::string text;
  for (std::size_t begin; (begin = frame.find(before)) != std::string_view::npos;) {
    const std::size_t end = frame.find(after, begin);
    text += frame.substr(0, begin);
    text +=
        values.at(std::string(frame.substr(begin + before.size(), end - begin - before.size())));
    frame.remove_prefix(end + after.size());
  }
  return text.append(frame);
}

}  // namespace

std::string render_page(const PageContent& content, const RunResult& result) {
  std::string script = "'use strict';\n";
  for (const std::string_view part : {embedded::network, embedded::digit_picture, embedded::drawing,
                                      embedded::figures, embedded::page_js})
    script += part;
  const std::string style(embedded::page_css);
  const bool passed = result.verdict.code == ExitCode::passed;
  return filled(embedded::page_html, {{"script source", hash_source(script)},
                                      {"style source", hash_source(style)},
                                      {"style", style},
                                      {"script", script},
                                      {"outcome", passed ? "passed" : "failed"},
                                      {"verdict", markup_line(one_line(result.verdict))},
                                      {"closing lines", lines_markup(closing_lines(result))},
                                      {"result", inside_script(result_json(result))},
                                      {"content", inside_script(content_json(content, result))}});
}

}  // namespace mnist
