// How fast the CPU engine trains and evaluates, beside what this machine's matrix product reaches.
//
//   step_benchmark [--threads=N] [Google Benchmark's own flags]
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/stopwatch.hpp"
#include "cpu/cpu_engine.hpp"
#include "cpu/onednn.hpp"
#include "dataset/sample_order.hpp"
#include "dataset/synthetic_digits.hpp"
#include "machine/processors.hpp"
#include "network/named_networks.hpp"
#include "training/trainer.hpp"

namespace mnist {
namespace {

constexpr int batch_size = 100;

// Multiplications and additions of the convolutions and dense layers for one image. Training also
// needs the gradients of the weights, and those of the inputs where there are parameters before.
struct Work {
  double forward = 0;
  double training = 0;
};

Work work_of(const NetworkPlan& network) {
  Work work;
  bool first = true;
  for (const PlannedLayer& layer : network.layers) {
    if (layer.weights.size == 0) continue;
    // Each weight of a filter is used at every position; a dense layer is one position.
    const int positions = layer.output.height * layer.output.width;
    const double forward = 2.0 * static_cast<double>(layer.weights.size) * positions;
    work.forward += forward;
    work.training += first ? 2 * forward : 3 * forward;
    first = false;
  }
  return work;
}

// The best of several products of large square matrices, in floating-point operations a second.
double sgemm_peak(int threads) {
  cpu::set_library_threads(threads);
  double best = 0;
  for (const std::ptrdiff_t size : {1024, 2048}) {
    const std::vector<float> left(static_cast<std::size_t>(size * size), 1.5f);
    const std::vector<float> right = left;
    std::vector<float> product = left;
    for (int run = 0; run < 12; ++run) {
      const Stopwatch stopwatch;
      cpu::multiply(size, size, size, {left.data(), size}, {right.data(), size},
                    cpu::Accumulate::no, product.data(), size);
      const double operations = 2.0 * static_cast<double>(size * size * size);
      best = std::max(best, operations / stopwatch.seconds());
    }
  }
  return best;
}

double peak_memory_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // from kibibytes, on Linux
}

// What every benchmark works with.
struct Bench {
  int threads = 1;
  double peak = 0;
  TrainingData data;
};

struct Runner {
  Runner(const Bench& bench, std::string_view name)
      : network(plan(named_network(name, bench.data.training.image, default_keep(name)))),
        engine(make_cpu_engine({network, batch_size, 0}, bench.threads)) {
    engine->load(bench.data.training, bench.data.test);
    begin();
  }
  void begin() { engine->restore(initial_state(network, 0)); }

  NetworkPlan network;
  std::unique_ptr<Engine> engine;
};

void report(benchmark::State& state, const Bench& bench, double operations, double seconds) {
  state.counters["GFLOP/s"] = operations / seconds / 1e9;
  state.counters["SGEMM_GFLOP/s"] = bench.peak / 1e9;
  state.counters["percent"] = 100 * operations / seconds / bench.peak;
}

// In calls of ten steps, as a run makes them.
void step(benchmark::State& state, const Bench& bench, std::string_view name) {
  constexpr int steps_a_call = 10;
  Runner runner(bench, name);
  const std::size_t images = bench.data.training.size();
  const std::vector<std::uint32_t> epoch =
      SampleOrder(0, images, batch_size).batches(0, images / batch_size);
  const std::vector<float> learning_rates(steps_a_call, 0.001f);
  std::size_t next = 0;
  double steps = 0;
  const auto train = [&] {
    constexpr std::size_t samples = steps_a_call * batch_size;
    if (next + samples > epoch.size()) next = 0;
    runner.engine->train(std::span(epoch).subspan(next, samples), learning_rates);
    next += samples;
    steps += steps_a_call;
  };
  train();  // everything is touched once before the clock runs
  steps = 0;
  const Stopwatch stopwatch;
  while (state.KeepRunningBatch(steps_a_call)) train();
  report(state, bench, steps * batch_size * work_of(runner.network).training, stopwatch.seconds());
}

void evaluation(benchmark::State& state, const Bench& bench, std::string_view name) {
  Runner runner(bench, name);
  runner.engine->evaluate();
  const Stopwatch stopwatch;
  for (auto iteration : state) {
    (void)iteration;
    benchmark::DoNotOptimize(runner.engine->evaluate());
  }
  const double images =
      static_cast<double>(state.iterations()) * static_cast<double>(bench.data.test.size());
  report(state, bench, images * work_of(runner.network).forward, stopwatch.seconds());
}

// 500 steps with an evaluation every ten of them, before the first and after the last.
void loop(benchmark::State& state, const Bench& bench, std::string_view name) {
  Runner runner(bench, name);
  runner.engine->evaluate();
  double accuracy = 0;
  for (auto iteration : state) {
    (void)iteration;
    runner.begin();
    LiveResult result{RunResult{}};
    train(
        *runner.engine,
        {.max_steps = 500, .batch_size = batch_size, .training_images = bench.data.training.size()},
        result, {});
    accuracy = result.own().final_accuracy.value_or(0);
  }
  state.counters["accuracy"] = accuracy;
  state.counters["peak_memory_MB"] = peak_memory_megabytes();
}

void register_all(const Bench& bench) {
  using Measurement = void (*)(benchmark::State&, const Bench&, std::string_view);
  const auto add = [&](const char* what, std::string_view name, Measurement measurement) {
    return benchmark::RegisterBenchmark((std::string(what) + "/" + std::string(name)).c_str(),
                                        [&bench, name, measurement](benchmark::State& state) {
                                          measurement(state, bench, name);
                                        })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  };
  for (const std::string_view name : network_names()) {
    add("step", name, step);
    add("evaluation", name, evaluation);
    add("loop", name, loop)->Iterations(1);
  }
}

// Takes --threads=N out of the arguments.
int threads_of(int& count, char** arguments) {
  int threads = usable_processors({.root = "/", .environment = std::getenv});
  constexpr const char* flag = "--threads=";
  const auto last = std::remove_if(arguments + 1, arguments + count, [&](const char* argument) {
    const bool ours = std::strncmp(argument, flag, std::strlen(flag)) == 0;
    if (ours) threads = std::atoi(argument + std::strlen(flag));
    return ours;
  });
  count = static_cast<int>(last - arguments);
  return threads;
}

}  // namespace
}  // namespace mnist

int main(int count, char** arguments) {
  mnist::Bench bench;
  bench.threads = mnist::threads_of(count, arguments);
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments) || bench.threads < 1) return 2;
  bench.data = mnist::synthetic_digits(bench.threads);
  bench.peak = mnist::sgemm_peak(bench.threads);
  benchmark::AddCustomContext("threads", std::to_string(bench.threads));
  mnist::register_all(bench);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
