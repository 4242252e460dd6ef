// What this program is made of.
#pragma once

#include <string>

namespace mnist {

// What --version prints: the program and the libraries that it runs with.
std::string version_text();

}  // namespace mnist
