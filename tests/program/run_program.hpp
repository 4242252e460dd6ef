// Runs the real program as a user's shell would.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace mnist {

// What standard output is.
enum class Output { caught, on_the_terminal, on_a_full_disk, without_a_reader, closed };

struct Invocation {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> variables;  // its environment, but for TSAN_OPTIONS
  Output output = Output::caught;
  bool terminal = false;  // standard error is one; what it was sent is Ended::error
};

struct Ended {
  int code = -1;  // 128 + the signal's number where a signal ended it
  std::string output;
  std::string error;

  std::string last_error_line() const;
};

Ended run_program(const Invocation& invocation);

}  // namespace mnist
