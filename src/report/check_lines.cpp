#include "report/check_lines.hpp"

#include <algorithm>

namespace mnist {
namespace {

// The checks that are unknown for one reason.
struct NotJudged {
  std::string reason;
  std::string names;
};

std::string found_and_remedy(const Check& check) {
  if (check.found.empty() || check.remedy.empty()) return check.found + check.remedy;
  return check.found + "; " + check.remedy;
}

std::vector<NotJudged> by_reason(const std::vector<Check>& checks) {
  std::vector<NotJudged> groups;
  for (const Check& check : checks) {
    if (check.outcome != Outcome::unknown) continue;
    const std::string reason = found_and_remedy(check);
    const auto known = std::ranges::find(groups, reason, &NotJudged::reason);
    if (known == groups.end())
      groups.push_back({reason, check.name});
    else
      known->names += ", " + check.name;
  }
  return groups;
}

}  // namespace

std::string check_line(const Check& check) {
  std::string line = check.name;
  if (check.outcome != Outcome::warned) {
    line += ' ';
    line += name_of(check.outcome);
  }
  const std::string rest = found_and_remedy(check);
  return rest.empty() ? line : line + ": " + rest;
}

std::optional<std::string> not_judged_line(const std::vector<Check>& checks) {
  std::string line;
  for (const NotJudged& group : by_reason(checks)) {
    line += line.empty() ? "Not judged: " : "; ";
    line += group.names;
    if (!group.reason.empty()) line += " (" + group.reason + ")";
  }
  return line.empty() ? std::nullopt : std::optional(line);
}

}  // namespace mnist
