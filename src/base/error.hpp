// The one exception type of the program.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/exit_code.hpp"

namespace mnist {

// Says what was being done, with what, what was found and what was expected (`what()`), and what
// the reader can do about it (`remedy()`); both are single lines without a full stop at the end.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message, std::string remedy,
        std::source_location where = std::source_location::current())
      : std::runtime_error(message), code_(code), remedy_(std::move(remedy)), where_(where) {}

  ExitCode code() const noexcept { return code_; }
  const std::string& remedy() const noexcept { return remedy_; }
  // The place in our source that noticed, for --verbose and bug reports.
  const std::source_location& where() const noexcept { return where_; }

 private:
  ExitCode code_;
  std::string remedy_;
  std::source_location where_;
};

}  // namespace mnist
