// What the end of a run means: a code, its cause, what was found, and what to do about it.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "base/exit_code.hpp"

namespace mnist {

// Every field is a single line without a full stop at the end.
struct Verdict {
  ExitCode code = ExitCode::passed;
  std::string cause;     // cause_of(code), or what is wrong more exactly
  std::string evidence;  // what was found, and what was expected; of a pass, what it is worth
  std::string remedy;    // what to do; empty where there is nothing to be done
};

// The meaning of a code in a few words, as the README's table has it.
std::string_view cause_of(ExitCode code);

// The verdict of a run that `failure` ended: an Error carries its own code and remedy; running out
// of memory and what the operating system refuses are `failed`; anything else is a bug of this
// program.
Verdict verdict_of(const std::exception& failure);

// "failed (41): data damaged: <evidence>; <remedy>", or "passed <evidence>".
std::string one_line(const Verdict& verdict);

}  // namespace mnist
