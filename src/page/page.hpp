// --page: a run as one HTML file, in which the trained network reads what is drawn.
#pragma once

#include <filesystem>
#include <memory>

#include "training/artifact.hpp"

namespace mnist {

// Writes the page to `path` once the run is over, however far it came.
std::unique_ptr<Artifact> page_of_a_run(std::filesystem::path path);

}  // namespace mnist
