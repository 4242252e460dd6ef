// The program behind main(): from the command line to the exit code.
#pragma once

#include <span>

#include "base/exit_code.hpp"
#include "machine/machine.hpp"

namespace mnist {

// `arguments` without the program's own name. Prints, writes the reports, and says the verdict in
// the log's last line, also where it cannot even begin: of a flag that there is not, and the like.
ExitCode run_program(std::span<const char* const> arguments, const Machine& machine);

}  // namespace mnist
