#include "walk.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/stopwatch.hpp"
#include "checks/right_numbers.hpp"
#include "conclusion.hpp"
#include "dataset/obtain.hpp"
#include "every_gpu/compare_gpus.hpp"
#include "every_gpu/every_gpu.hpp"
#include "kept_network.hpp"
#include "machine/gpu_failure.hpp"
#include "machine/nvml.hpp"
#include "machine/processors.hpp"
#include "machine/usable_gpus.hpp"
#include "network/named_networks.hpp"
#include "page/page.hpp"
#include "report/closing_lines.hpp"
#include "report/device_lines.hpp"
#include "run_facts.hpp"
#include "summaries/summaries.hpp"
#include "trace/trace.hpp"
#include "training/rounds.hpp"
#include "verdict/diagnosis.hpp"
#include "verdict/gpu_count.hpp"
#include "verdict/health.hpp"

namespace mnist {
namespace {

// With batches of 100 more threads cost more in waiting than they bring.
constexpr int most_threads_by_default = 16;

// The predecessor's steps with run metadata: 99, 199, ...
constexpr std::uint64_t timed_every = 100;

std::string noticed_line(const Error& failure) {
  return std::string("noticed at ") + failure.where().file_name() + ":" +
         std::to_string(failure.where().line());
}

std::vector<Gpu> usable(const std::vector<Gpu>& shown, const Machine& machine) {
  return usable_gpus(shown, Nvml().devices(), machine.environment);
}

}  // namespace

Error told_to_end(ExitCode why, const RunResult& result) {
  std::string during = result.phase.empty() ? "starting" : result.phase;
  if (result.steps > 0) during += ", after step " + std::to_string(reached_step(result));
  switch (why) {
    case ExitCode::interrupted:
      return Error(why, "SIGINT came while " + during, "run it again for a verdict");
    case ExitCode::terminated:
      return Error(why, "SIGTERM came while " + during, "run it again for a verdict");
    default:
      return Error(why, "the deadline passed while " + during,
                   "look at what took so long, or give --deadline more seconds");
  }
}

Walk::Walk(const Options& options, const Machine& machine, Console& console, LiveResult& result,
           Artifacts& artifacts)
    : options_(options),
      machine_(machine),
      console_(console),
      result_(result),
      artifacts_(artifacts),
      threads_(options.threads > 0
                   ? options.threads
                   : std::min(usable_processors(machine), most_threads_by_default)) {}

void Walk::go(const Ending& ending) {
  ending_ = &ending;
  std::exception_ptr failure;
  try {
    take();
  } catch (...) {
    failure = std::current_exception();
  }
  const std::optional<HealthRecord> record = health();
  if (record) {
    result_.change([&](RunResult& result) { result.health = record; });
    note(judge_health(*record));
  }
  const std::optional<Verdict> known = verdict_of(result_.own().checks);
  Verdict verdict = failure ? verdict_of_failure(failure)
                            : known.value_or(verdict_of_pass(options_, result_.own(), gpu_));
  // The first cause that stopped a run is its code, and what was judged at the end ranks after it;
  // but who ended the run did not end what was wrong by then.
  if (known && was_told_to_end(verdict.code)) verdict = *known;
  result_.change([&](RunResult& result) { result.verdict = verdict; });
}

std::optional<HealthRecord> Walk::health() const {
  std::shared_ptr<HealthWatch> watch;
  {
    const std::lock_guard lock(watch_mutex_);
    watch = watch_;
  }
  if (!watch) return std::nullopt;
  return watch->record();
}

void Walk::take() {
  console_.debug(settings_line(options_, threads_));
  // From the start, so that a run that fails replaces what an earlier one left.
  if (!options_.trace.empty()) artifacts_.add(std::make_unique<Trace>(options_.trace));
  if (!options_.page.empty()) artifacts_.add(page_of_a_run(options_.page));
  if (options_.resume_damaged) std::rethrow_exception(options_.resume_damaged);
  enter("looking for GPUs");
  if (options_.list_devices) return list_devices();
  if (options_.device.kind == DeviceKind::all) return try_every_gpu();
  const ChosenDevice device = choose();
  if (device.kind == DeviceKind::cuda) gpu_ = take_gpu(device.gpu);
  const auto [precision, precision_warning] = choose_precision(options_.precision, gpu_);
  if (!precision_warning.empty())
    require({{.group = "device",
              .name = "precision",
              .outcome = Outcome::warned,
              .code = ExitCode::failed,
              .found = precision_warning,
              .remedy = "give --precision fp32"}});
  if (gpu_) look_at_gpu(*gpu_, precision);
  if (options_.preflight) return;

  const TrainingData data = obtain_data();
  const NetworkPlan network =
      plan(named_network(options_.model, data.training.image, keep_probability(options_)));
  const auto engine = prepare(device, precision, network, data);
  train(*engine, network, data);
}

void Walk::list_devices() {
  const std::vector<Gpu> gpus = visible_gpus();
  for (const Gpu& gpu : gpus) {
    for (const std::string& line : found_lines(gpu)) console_.line(line);
    result_.change([&](RunResult& result) { result.devices.push_back(listed_device(gpu)); });
  }
  count(gpus);
}

// --device all.
void Walk::try_every_gpu() {
  const std::vector<Gpu> gpus = usable(meet_gpus(), machine_);
  enter(trying_every_gpu);
  const auto compare = [this] {
    result_.change([](RunResult& result) {
      std::ranges::sort(result.gpu_runs, {}, [](const GpuRun& run) { return run.gpu.index; });
    });
    note(compare_gpus(result_.own().gpu_runs, ending_->requested()));
  };
  try {
    run_on_each(gpus, {.arguments = flags_for_one_gpu(options_), .grace = grace_of_each_gpu},
                {.line = [this](const std::string& line) { console_.info(line); },
                 .ended =
                     [this](const GpuRun& run) {
                       result_.change([&](RunResult& to) { to.gpu_runs.push_back(run); });
                     },
                 .between = [this] { go_on(); }});
  } catch (...) {
    compare();  // what each came to before it was told to end
    throw;
  }
  compare();
}

// The device of a run that is not told one, unless something is asked for that only a GPU has.
ChosenDevice Walk::choose() {
  DeviceChoice requested = options_.device;
  const bool gpu_implied =
      options_.bandwidth || options_.preflight || options_.expected_gpus.value_or(0) > 0;
  if (requested.kind == DeviceKind::automatic && gpu_implied) requested.kind = DeviceKind::cuda;
  ChosenDevice device = choose_device(requested, look_around(machine_));
  if (!device.warning.empty())
    require({{.group = "device",
              .name = "GPU",
              .outcome = Outcome::warned,
              .code = ExitCode::no_gpu,
              .found = device.warning,
              .remedy = "give --device cuda to learn why, or --device cpu to do without"}});
  return device;
}

// Tells of every GPU that CUDA shows, and counts those that could be used.
std::vector<Gpu> Walk::meet_gpus() {
  const std::vector<Gpu> gpus = visible_gpus();
  for (const Gpu& gpu : gpus)
    for (const std::string& line : found_lines(gpu)) console_.info(line);
  count(gpus);
  return gpus;
}

void Walk::count(const std::vector<Gpu>& shown) {
  if (options_.expected_gpus)
    require({judge_gpu_count(usable(shown, machine_), *options_.expected_gpus)});
}

Gpu Walk::take_gpu(int index) {
  const std::vector<Gpu> gpus = meet_gpus();
  const Gpu& gpu = gpu_numbered(index, gpus, machine_.environment);
  require_cuda_libraries(machine_);
  console_.info(creating_line(gpu));
  result_.change([&](RunResult& result) { result.devices = {listed_device(gpu)}; });
  return gpu;
}

// All that is found out about the GPU before it trains.
void Walk::look_at_gpu(const Gpu& gpu, Precision precision) {
  require({judge_other_users(gpu)});
  // Made before the lock is taken, since NVML may hang and health() is for those who report that.
  auto health_watch = std::make_shared<HealthWatch>(gpu, machine_);
  {
    const std::lock_guard lock(watch_mutex_);
    watch_ = std::move(health_watch);
  }
  const ChosenDevice device{DeviceKind::cuda, gpu.index, ""};
  const auto engine_on = [&](const ChosenDevice& on) {
    return [this, on](const EngineConfig& config) {
      return make_engine(on, config, threads_, machine_);
    };
  };
  if (options_.bandwidth) {
    enter("measuring bandwidth");
    const Bandwidth bandwidth = measure_bandwidth(gpu, precision, machine_);
    result_.change([&](RunResult& result) { result.bandwidth = bandwidth; });
    note(judge_bandwidth(bandwidth, options_.bandwidth_limits));
  }
  enter("checking numbers");
  const Stopwatch watch;
  std::vector<Check> checks = check_numbers(engine_on(device), engine_on({DeviceKind::cpu, 0, ""}),
                                            options_.model, precision);
  result_.change([&](RunResult& result) { result.timings.checks = watch.seconds(); });
  require(std::move(checks));
}

TrainingData Walk::obtain_data() {
  enter(getting_the_data);
  const Stopwatch watch;
  TrainingData data = obtain({.choice = options_.dataset,
                              .folder = options_.data_dir,
                              .further_folders = options_.further_data_dirs,
                              .mirrors = options_.mirrors,
                              .threads = threads_},
                             console_);
  result_.change([&](RunResult& result) {
    result.timings.data = watch.seconds();
    result.dataset = {data.name, data.sha256, data.training.size(), data.test.size()};
  });
  console_.info(data_line(data));
  if (options_.dataset == DatasetChoice::automatic && data.name == "synthetic")
    require({{.group = "training",
              .name = "data set",
              .outcome = Outcome::warned,
              .code = ExitCode::data_unavailable,
              .found = "trained on synthetic digits, since MNIST could not be fetched",
              .remedy = "give --mirror or --data_dir, or ask for --dataset synthetic"}});
  return data;
}

std::unique_ptr<Engine> Walk::prepare(const ChosenDevice& device, Precision precision,
                                      const NetworkPlan& network, const TrainingData& data) {
  enter("setting the engine up");
  const Stopwatch watch;
  auto engine = make_engine(device,
                            {.network = network,
                             .batch_size = options_.batch_size,
                             .seed = options_.seed,
                             .precision = precision},
                            threads_, machine_);
  engine->load(data.training, data.test);
  const Description description = engine->describe();
  const DeviceFacts facts = device_facts(description, precision, machine_, gpu_);
  result_.change([&](RunResult& result) {
    result.timings.engine = watch.seconds();
    result.devices = {facts};
  });
  console_.info(device_line(facts));
  for (const std::string& part : description.recorded) console_.debug("recorded " + part);
  return engine;
}

void Walk::train(Engine& engine, const NetworkPlan& network, const TrainingData& data) {
  enter("training");
  const Metadata facts = run_settings(options_, result_.own());
  const TrainingState start = starting_state(options_, network, facts);
  result_.change([&](RunResult& result) { result.first_step = start.step; });
  const bool watches_steps = !options_.trace.empty() || !options_.log_dir.empty();
  const TrainingSettings settings{.max_steps = options_.max_steps,
                                  .eval_every = options_.eval_every,
                                  .learning_rate = options_.learning_rate,
                                  .batch_size = options_.batch_size,
                                  .seed = options_.seed,
                                  .training_images = data.training.size(),
                                  .timed_every = watches_steps ? timed_every : 0,
                                  .cut_every = options_.checkpoint_every};
  for (auto& artifact : kept_networks(options_, network, facts, console_))
    artifacts_.add(std::move(artifact));
  if (!options_.log_dir.empty())
    artifacts_.add(std::make_unique<Summaries>(options_.log_dir, network, data, settings,
                                               keep_probability(options_), start.step, console_));
  artifacts_.begins(network, data.test);
  if (watch_) watch_->set_under_load(true);
  const Stopwatch watch;
  const auto show_progress = [&] {
    console_.training([&] { return training_progress(options_, result_.own(), watch.seconds()); });
  };
  const auto train_all = [&] {
    return train_rounds(
        engine, start, settings, {.least = options_.repeat, .least_seconds = options_.soak_seconds},
        result_,
        {.on_evaluation =
             [&](std::uint64_t step, const Score& score) {
               console_.line(accuracy_line(step, score.accuracy()));
               show_progress();
               artifacts_.evaluated(step, score, engine);
             },
         .between_calls =
             [&] {
               go_on();
               show_progress();
             },
         .on_call = [this](const EngineCall& call) { artifacts_.called(call); },
         .on_steps = [&](std::uint64_t first,
                         auto steps) { artifacts_.trained(first, steps, engine); },
         .on_timed_step = [&](std::uint64_t step,
                              auto& timed) { artifacts_.timed(step, timed, engine); }});
  };
  std::optional<Check> same_numbers;
  try {
    same_numbers = train_all();
  } catch (const Error& failure) {
    if (was_told_to_end(failure.code())) artifacts_.end(engine);
    throw;
  }
  artifacts_.end(engine);
  if (watch_) watch_->set_under_load(false);
  const std::string sha256 = parameters_sha256(engine.parameters());
  result_.change([&](RunResult& result) { result.parameters_sha256 = sha256; });
  if (same_numbers) note({*same_numbers});
  note({judge_accuracy(options_, result_.own())});
}

void Walk::enter(const std::string& phase) {
  go_on();
  result_.enter(phase);
  artifacts_.entered(phase);
}

// Between two steps of the walk, or two calls of the engine.
void Walk::go_on() const {
  if (const ExitCode why = ending_->requested(); why != ExitCode::passed)
    throw told_to_end(why, result_.own());
}

// Keeps checks, and tells of them.
std::vector<Check> Walk::note(std::vector<Check> checks) {
  checks = held_to(options_, std::move(checks));
  for (const Check& check : checks) console_.check(check);
  result_.change([&](RunResult& result) {
    result.checks.insert(result.checks.end(), checks.begin(), checks.end());
  });
  return checks;
}

// Where one failed, the run stops.
void Walk::require(std::vector<Check> checks) {
  const std::optional<Verdict> failed = verdict_of(note(std::move(checks)));
  if (failed) throw Error(failed->code, failed->evidence, failed->remedy);
}

Verdict Walk::verdict_of_failure(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const GpuFailure& failure) {
    console_.debug(noticed_line(failure));
    return diagnosed(failure.facts());
  } catch (const Error& failure) {
    console_.debug(noticed_line(failure));
    return verdict_of(failure);
  } catch (const std::exception& failure) {
    return verdict_of(failure);
  }
}

Verdict Walk::diagnosed(GpuFailureFacts failure) {
  if (result_.own().phase == "training")
    failure.doing += " after step " + std::to_string(reached_step(result_.own()));
  // Looking around may hang where a GPU does.
  result_.change([&](RunResult& result) { result.verdict = diagnose(failure, {}); });
  Evidence evidence = look_up_evidence(machine_);
  if (gpu_) {
    evidence.gpu = gpu_;
    evidence.compute_mode = gpu_->readings.compute_mode;
  }
  if (const auto& record = result_.own().health) {
    evidence.xids.insert(evidence.xids.end(), record->xids.begin(), record->xids.end());
    evidence.new_double_bit_errors =
        record->after.double_bit_errors.value_or(0) > record->before.double_bit_errors.value_or(0);
    evidence.recovery_action = record->after.recovery_action;
    if (record->after.lost) evidence.nvml_status = record->after.lost;
  }
  for (const std::string& line : evidence_lines(evidence)) console_.debug("evidence: " + line);
  result_.change([&](RunResult& result) { result.evidence = evidence; });
  return diagnose(failure, evidence);
}

}  // namespace mnist
