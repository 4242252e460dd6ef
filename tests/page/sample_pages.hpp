// Pages of made-up runs.
#pragma once

#include "page/render.hpp"
#include "report/result.hpp"

namespace mnist {

// A layer of each kind on images of 28 x 28, all parameters 0.5, and two mistakes.
PageContent sample_content();

}  // namespace mnist
