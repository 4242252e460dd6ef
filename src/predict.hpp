// --predict: the digits of pictures, by a network trained before.
#pragma once

#include "options.hpp"
#include "report/console.hpp"
#include "verdict/verdict.hpp"

namespace mnist {

// Says of each picture of options.predict which digit it shows to the network of
// options.model_file, and, unless all is to be quiet, with what probabilities and what the network
// saw. A picture that cannot be
// read, or has no ink, gets a warning, and the others are still looked at. Returns the verdict: the
// first failure's. Throws what reading the network and making an engine throw.
Verdict predict(const Options& options, const Machine& machine, Console& console);

}  // namespace mnist
