#include "flag_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "base/error.hpp"
#include "dataset/mirror.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

constexpr Range<Count> gpus{0, 1023};

[[noreturn]] void refuse(const Given& given, const std::string& expected) {
  throw Error(ExitCode::usage, given.source + ": '" + given.text + "' is not " + expected,
              see_help);
}

// The whole of `text` as a number, or nothing.
template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::string spelled(Count number) { return std::to_string(number); }

std::string spelled(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

template <class Number>
std::string spelled_range(const Range<Number>& range) {
  return spelled(range.least) + " to " + spelled(range.most);
}

template <class Number>
bool is_in(const Range<Number>& range, const std::optional<Number>& number) {
  return number && *number >= range.least && *number <= range.most;  // nan is in none
}

template <class Number>
Number number_in(const Given& given, const Range<Number>& range) {
  const auto number = whole_number<Number>(given.text);
  if (is_in(range, number)) return *number;
  std::string expected = "a number from " + spelled_range(range);
  if constexpr (std::is_integral_v<Number>)
    expected = "a whole number from " + spelled_range(range);
  else if (is_in<long double>({range.least, range.most}, whole_number<long double>(given.text)))
    expected += " that fits in " + std::to_string(8 * sizeof(Number)) + " bits";  // 1e-400
  refuse(given, expected);
}

}  // namespace

std::string spelled(const Range<Count>& range) { return spelled_range(range); }
std::string spelled(const Range<float>& range) { return spelled_range(range); }
std::string spelled(const Range<double>& range) { return spelled_range(range); }

Count number(const Given& given, const Range<Count>& range) { return number_in(given, range); }
float number(const Given& given, const Range<float>& range) { return number_in(given, range); }
double number(const Given& given, const Range<double>& range) { return number_in(given, range); }

bool boolean(const Given& given) {
  if (given.text != "true" && given.text != "false") refuse(given, "true or false");
  return given.text == "true";
}

// A value that looks like a flag is a value forgotten: --json --quiet.
std::string path(const Given& given) {
  if (given.text.empty() || given.text.starts_with("--"))
    refuse(given, "a path (write ./-- where a name begins with --)");
  return given.text;
}

std::string model_path(const Given& given) {
  if (!given.text.ends_with(".onnx") && !given.text.ends_with(".safetensors"))
    refuse(given, "a path that ends in .onnx or .safetensors");
  return given.text;
}

std::string mirror(const Given& given) {
  if (!is_mirror_url(given.text))
    refuse(given, "the URL of a folder: http://, https:// or file://, and no query");
  return given.text;
}

std::string model(const Given& given) {
  const auto names = network_names();
  if (!std::ranges::count(names, given.text)) {
    std::string list;
    for (const std::string_view name : names)
      list += (list.empty() ? "" : " or ") + std::string(name);
    refuse(given, list);
  }
  return given.text;
}

DatasetChoice dataset(const Given& given) {
  if (given.text == "auto") return DatasetChoice::automatic;
  if (given.text == "mnist") return DatasetChoice::mnist;
  if (given.text == "synthetic") return DatasetChoice::synthetic;
  refuse(given, "auto, mnist or synthetic");
}

DeviceChoice device(const Given& given) {
  constexpr std::string_view numbered = "cuda:";
  if (given.text == "auto") return {DeviceKind::automatic, 0, given.text};
  if (given.text == "cpu") return {DeviceKind::cpu, 0, given.text};
  if (given.text == "cuda") return {DeviceKind::cuda, 0, given.text};
  if (given.text == "all") return {DeviceKind::all, 0, given.text};
  if (given.text.starts_with(numbered)) {
    const auto gpu = whole_number<unsigned>(std::string_view(given.text).substr(numbered.size()));
    if (gpu && *gpu <= gpus.most) return {DeviceKind::cuda, static_cast<int>(*gpu), given.text};
  }
  refuse(given, "auto, cpu, cuda, cuda:N with N from " + spelled(gpus) + ", or all");
}

Precision precision(const Given& given) {
  if (given.text == "fp32") return Precision::fp32;
  if (given.text == "tf32") return Precision::tf32;
  refuse(given, "fp32 or tf32");
}

}  // namespace mnist
