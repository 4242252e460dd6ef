#include "verdict/check.hpp"

#include <algorithm>
#include <array>

namespace mnist {
namespace {

// What is broken comes before what follows from it. Other codes come after these.
constexpr std::array ranking{ExitCode::hardware_fault, ExitCode::wrong_numbers,
                             ExitCode::not_reproducible, ExitCode::accuracy_too_low,
                             ExitCode::health_threshold};

auto rank_of(const Check& check) { return std::ranges::find(ranking, check.code); }

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::passed:
      return "passed";
    case Outcome::warned:
      return "warned";
    case Outcome::failed:
      return "failed";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

std::vector<Check> with_warnings_as_failures(std::vector<Check> checks) {
  for (Check& check : checks)
    if (check.outcome == Outcome::warned) check.outcome = Outcome::failed;
  return checks;
}

std::optional<Verdict> verdict_of(const std::vector<Check>& checks) {
  const Check* first = nullptr;
  for (const Check& check : checks)
    if (check.outcome == Outcome::failed && (!first || rank_of(check) < rank_of(*first)))
      first = &check;
  if (!first) return std::nullopt;
  return Verdict{first->code, std::string(cause_of(first->code)), first->name + ": " + first->found,
                 first->remedy};
}

}  // namespace mnist
