#include "report/output.hpp"

#include <span>
#include <system_error>

#include "base/file_descriptor.hpp"

namespace mnist {

void LineOutput::write(std::string_view text) {
  if (const int error = write_all(descriptor_, std::as_bytes(std::span(text)));
      error && failure_.empty())
    failure_ = std::generic_category().message(error);
}

}  // namespace mnist
