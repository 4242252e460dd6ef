// --page: a run as one HTML file, in which the trained network reads what is drawn.
#pragma once

#include <filesystem>
#include <memory>

#include "dataset/dataset.hpp"
#include "network/network.hpp"
#include "training/artifact.hpp"

namespace mnist {

// Writes the page to `path` once the run is over. `test`, which the engine has loaded, outlives the
// training.
std::unique_ptr<Artifact> page_of_a_run(std::filesystem::path path, const NetworkPlan& network,
                                        const Dataset& test);

}  // namespace mnist
