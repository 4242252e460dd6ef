#include "checks/right_numbers.hpp"

#include <array>
#include <cstdio>
#include <future>

#include "base/stopwatch.hpp"
#include "checks/number_cases.hpp"
#include "checks/probe_difference.hpp"

namespace mnist {
namespace {

// What an engine makes of each case of a trial.
struct Worked {
  std::vector<Probe> probes;
  double seconds = 0;
};

Worked work(const MakeEngine& make_engine, const NumberTrial& trial) {
  const Stopwatch watch;
  Worked worked;
  const std::unique_ptr<Engine> engine = make_engine(trial.config);
  engine->load(trial.images, trial.images);
  for (const NumberCase& each : trial.cases) {
    engine->restore(each.state);
    worked.probes.push_back(engine->probe(each.batch));
  }
  worked.seconds = watch.seconds();
  return worked;
}

std::vector<Worked> work_all(const MakeEngine& make_engine,
                             const std::vector<NumberTrial>& trials) {
  std::vector<Worked> all;
  for (const NumberTrial& trial : trials) all.push_back(work(make_engine, trial));
  return all;
}

// "exactly", or "within 3 %".
std::string closeness(double tolerance) {
  if (tolerance == 0) return "exactly";
  std::array<char, 16> percent;
  std::snprintf(percent.data(), percent.size(), "%g", tolerance * 100);
  return std::string("within ") + percent.data() + " %";
}

Check compare(const NumberTrial& trial, const Worked& found, const Worked& expected) {
  Check check;
  check.group = "numbers";
  check.name = trial.name;
  check.seconds = found.seconds;
  for (std::size_t i = 0; i < trial.cases.size(); ++i) {
    const NumberCase& each = trial.cases[i];
    const auto wrong =
        difference(found.probes[i], expected.probes[i], trial.config.network, each.tolerance);
    if (wrong) {
      check.outcome = Outcome::failed;
      check.code = ExitCode::wrong_numbers;
      check.found = *wrong + " (" + std::string(each.name) + ", which are to agree " +
                    closeness(each.tolerance) + ")";
      check.remedy = faulty_device_remedy;
      return check;
    }
    if (i > 0) check.found += ", ";
    check.found += std::to_string(value_count(expected.probes[i])) + " " + std::string(each.name) +
                   " agree " + closeness(each.tolerance);
  }
  check.outcome = Outcome::passed;
  return check;
}

}  // namespace

std::vector<Check> check_numbers(const MakeEngine& make_engine, const MakeEngine& make_reference,
                                 const std::string& model, Precision precision) {
  const std::vector<NumberTrial> trials = number_trials(model, precision);
  // Beside the device, since it takes about as long.
  auto reference =
      std::async(std::launch::async, work_all, std::cref(make_reference), std::cref(trials));
  const std::vector<Worked> found = work_all(make_engine, trials);
  const std::vector<Worked> expected = reference.get();
  std::vector<Check> checks;
  for (std::size_t i = 0; i < trials.size(); ++i)
    checks.push_back(compare(trials[i], found[i], expected[i]));
  return checks;
}

}  // namespace mnist
