// The words of a command line to what its flags say.
#pragma once

#include <span>
#include <string>

#include "flags.hpp"

namespace mnist {

// `arguments` without the program's own name. Throws Error(usage) that names the word.
Flags parse_flags(std::span<const char* const> arguments);

// The name of a flag as the table has it: "max_steps" of "--max-steps=3".
std::string table_name(const std::string& word);

// What --help prints.
std::string help_text();

}  // namespace mnist
