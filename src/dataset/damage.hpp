// How a damaged data file is reported.
#pragma once

#include <string>

#include "base/error.hpp"

namespace mnist {

// `finding` says what was found and what was expected.
inline Error damaged(const std::string& file, const std::string& finding) {
  return Error(
      ExitCode::data_damaged, file + ": " + finding,
      "remove the file, so that it is fetched again, or put an undamaged one in its place");
}

}  // namespace mnist
