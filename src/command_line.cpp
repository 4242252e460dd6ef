#include "command_line.hpp"

#include <algorithm>
#include <cxxopts.hpp>
#include <numeric>
#include <string_view>

#include "base/error.hpp"

namespace mnist {
namespace {

// As long as Linux lets a path be; keeps absurd words away from the parser's regular expressions,
// whose stack they would overflow.
constexpr std::size_t longest_word = 4096;

cxxopts::Options parser() {
  cxxopts::Options parser("mnist-demo",
                          "Trains a small network on MNIST and says whether this machine can.");
  parser.custom_help("[flags]");
  parser.allow_unrecognised_options();  // so that it is here that they are refused
  auto add = parser.add_options();
  for (const Flag& flag : every_flag()) {
    // Every value is a string: the parser's own numbers take "0x10" and "1e-3x", and its lists
    // split at commas.
    auto value = cxxopts::value<std::string>();
    if (flag.argument)
      add(flag.name, flag.help, value, flag.argument);
    else
      add(flag.name, flag.help, value->implicit_value("true"), "BOOL");
  }
  return parser;
}

// Single insertions, deletions and replacements that make one of the other (Levenshtein).
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void refuse_word(const std::string& word) {
  std::string remedy = see_help;
  if (!word.starts_with("-") || word.find_first_not_of('-') == std::string::npos)
    throw Error(ExitCode::usage, "'" + word + "' is neither a flag nor the value of one", remedy);
  const std::string name = table_name("--" + word.substr(word.find_first_not_of('-')));
  const auto distance = [&name](const Flag& flag) { return edits(name, flag.name); };
  const Flag& nearest = *std::ranges::min_element(every_flag(), {}, distance);
  // The parser does not know a flag whose value, after its '=', holds a line feed.
  if (name == nearest.name && word.find('\n') != std::string::npos)
    throw Error(ExitCode::usage, "--" + name + "=: a line feed in its value",
                "give the value as a word of its own, without the '='");
  if (distance(nearest) <= 2) remedy = std::string("did you mean --") + nearest.name + "?";
  throw Error(ExitCode::usage, "there is no flag " + word.substr(0, word.find('=')), remedy);
}

// The words in the one form that the parser knows: '_' in a flag's name, an optional true or false
// joined to its flag, and an empty value where the last one is missing, which is then refused with
// the flag's range. Refuses a word that is no flag here, where it still is as it was typed.
std::vector<std::string> uniform_words(std::span<const char* const> arguments) {
  std::vector<std::string> words{"mnist-demo"};
  bool value_follows = false;
  std::string previous;  // flag
  for (std::string word : arguments) {
    if (word.size() > longest_word)
      throw Error(ExitCode::usage,
                  "a word of " + std::to_string(word.size()) + " characters, '" +
                      word.substr(0, 20) + "...', is longer than any flag or path may be",
                  see_help);
    if (value_follows) {
      words.push_back(std::move(word));
      value_follows = false;
      continue;
    }
    if (previous == "predict" && !word.starts_with("--")) {  // one image more
      words.insert(words.end(), {"--predict", std::move(word)});
      continue;
    }
    if (words.back() == "--fake_data" && (word == "true" || word == "false")) {
      words.back() += "=" + word;
      continue;
    }
    const std::string name = table_name(word);
    const Flag* const flag = flag_named(name);
    if (!word.starts_with("--") || flag == nullptr) refuse_word(word);
    const std::size_t value = word.find('=');
    words.push_back("--" + name + (value == std::string::npos ? "" : word.substr(value)));
    value_follows = flag->argument && value == std::string::npos;
    previous = name;
  }
  if (value_follows) words.emplace_back();
  return words;
}

cxxopts::ParseResult parse_words(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  try {
    return parser().parse(static_cast<int>(pointers.size()), pointers.data());
  } catch (const std::exception& refusal) {  // its exceptions' names differ between versions
    throw Error(ExitCode::usage, refusal.what(), see_help);
  }
}

}  // namespace

std::string table_name(const std::string& word) {
  std::string name = word.substr(0, word.find('='));
  name.erase(0, std::min<std::size_t>(2, name.size()));
  std::ranges::replace(name, '-', '_');
  return name;
}

Flags parse_flags(std::span<const char* const> arguments) {
  const cxxopts::ParseResult parsed = parse_words(uniform_words(arguments));
  Flags result;
  for (const auto& argument : parsed.arguments())
    if (const Flag* const flag = flag_named(argument.key())) {
      flag->set(result, {"--" + argument.key(), argument.value()});
      result.options.given.push_back("--" + argument.key() + "=" + argument.value());
    }
  if (!parsed.unmatched().empty()) refuse_word(parsed.unmatched().front());
  return result;
}

std::string help_text() { return parser().help(); }

}  // namespace mnist
