// The values of flags and variables: from text, within a range, or refused.
#pragma once

#include <cstdint>
#include <string>

#include "dataset/obtain.hpp"
#include "engine/engine.hpp"
#include "options.hpp"

namespace mnist {

using Count = std::uint64_t;

// Both ends are allowed.
template <class Number>
struct Range {
  Number least;
  Number most;
};

inline constexpr char see_help[] = "mnist-demo --help lists the flags";

// What was given, and where: "--seed", or the name of a variable.
struct Given {
  std::string source;
  std::string text;
};

// For messages: "1 to 1024".
std::string spelled(const Range<Count>& range);
std::string spelled(const Range<float>& range);
std::string spelled(const Range<double>& range);

// Each throws Error(usage) that says where it was given, what, and what is expected.
Count number(const Given& given, const Range<Count>& range);
float number(const Given& given, const Range<float>& range);
double number(const Given& given, const Range<double>& range);
bool boolean(const Given& given);
std::string path(const Given& given);
std::string model_path(const Given& given);  // one that ends in .onnx or .safetensors
std::string mirror(const Given& given);
std::string model(const Given& given);
DatasetChoice dataset(const Given& given);
DeviceChoice device(const Given& given);
Precision precision(const Given& given);

}  // namespace mnist
