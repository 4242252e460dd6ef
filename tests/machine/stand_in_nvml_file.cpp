#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

using Reader = std::function<void(const std::string& value)>;

// "0x40" is a number, too.
unsigned long long number(const std::string& word) {
  std::size_t end = 0;
  const unsigned long long value = std::stoull(word, &end, 0);
  if (end != word.size()) throw std::invalid_argument(word);
  return value;
}

template <class Number>
Reader into(Number& field) {
  return [&field](const std::string& value) { field = static_cast<Number>(number(value)); };
}
template <class Number>
Reader into(std::optional<Number>& field) {
  return [&field](const std::string& value) { field = static_cast<Number>(number(value)); };
}
Reader into(std::string& field) {
  return [&field](const std::string& value) { field = value; };
}
Reader into(std::vector<unsigned>& fields) {
  return [&fields](const std::string& value) {
    std::istringstream words(value);
    fields.clear();
    for (std::string word; words >> word;) fields.push_back(static_cast<unsigned>(number(word)));
  };
}

std::map<std::string, Reader> readers_of(StandInNvml& state) {
// clang-format off
#define FIELD(name) {#name, into(state.name)}
  return {FIELD(name), FIELD(driver), FIELD(processes), FIELD(utilization),
          FIELD(memory_used), FIELD(memory_reserved), FIELD(compute_mode), FIELD(recovery_action),
          FIELD(recovery_action_later), FIELD(remapped), FIELD(remapped_later), FIELD(retired),
          FIELD(retirement_pending), FIELD(double_bit_errors), FIELD(double_bit_errors_later),
          FIELD(reasons), FIELD(temperature), FIELD(slowdown_temperature),
          FIELD(memory_temperature), FIELD(memory_max_temperature), FIELD(width), FIELD(width_most),
          FIELD(generation), FIELD(generation_most), FIELD(ecc), FIELD(persistence), FIELD(xid),
          FIELD(hang), FIELD(hang_after)};
#undef FIELD
  // clang-format on
}

void read_line(const std::string& line, const std::map<std::string, Reader>& readers,
               StandInNvml& state) {
  const std::size_t equals = std::min(line.find('='), line.size());
  const std::string key = line.substr(0, equals);
  const std::string value = line.substr(std::min(equals + 1, line.size()));
  if (key == "uuid")
    state.uuids.push_back(value);
  else if (key.starts_with("result."))
    state.results[key.substr(7)] = static_cast<int>(number(value));
  else if (key.starts_with("result_later."))
    state.results_later[key.substr(13)] = static_cast<int>(number(value));
  else
    readers.at(key)(value);
}

}  // namespace

void read_stand_in_nvml(const char* file, StandInNvml& state) {
  const std::vector<std::string> by_default = std::exchange(state.uuids, {});
  const std::map<std::string, Reader> readers = readers_of(state);
  std::ifstream lines(file);
  if (!lines) throw std::runtime_error(std::string("the stand-in for NVML cannot open ") + file);
  for (std::string line; std::getline(lines, line);) try {
      if (!line.empty()) read_line(line, readers, state);
    } catch (const std::logic_error&) {  // no such key, no number
      throw std::runtime_error("the stand-in for NVML does not understand " + line);
    }
  if (state.uuids.empty()) state.uuids = by_default;
}

}  // namespace mnist
