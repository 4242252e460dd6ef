// How long the CUDA engine's step and evaluation take on the GPU, by CUDA's events.
//
//   gpu_benchmark [--gpu=N] [--precision=fp32|tf32] [Google Benchmark's own flags]
#include <benchmark/benchmark.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "cuda/check.hpp"
#include "cuda/cuda_engine.hpp"
#include "cuda/engine.hpp"
#include "cuda/gpu_timer.hpp"
#include "dataset/sample_order.hpp"
#include "dataset/synthetic_digits.hpp"
#include "machine/cuda_library_folders.hpp"
#include "machine/processors.hpp"
#include "network/named_networks.hpp"

namespace mnist {
namespace {

constexpr int batch_size = 100;
// What the host adds at both ends of a call (two small copies and a wait) is spread over these.
constexpr std::size_t steps_a_call = 500;
constexpr int calls = 51;

struct Bench {
  int gpu = 0;
  Precision precision = Precision::fp32;
  cuda::Libraries libraries;
  TrainingData data;
};

struct Runner {
  Runner(const Bench& bench, std::string_view name)
      : network(plan(named_network(name, bench.data.training.image, default_keep(name)))),
        engine(cuda::make_engine({network, batch_size, 0, bench.precision}, bench.gpu,
                                 bench.libraries)),
        timer(engine->stream()) {
    engine->load(bench.data.training, bench.data.test);
    engine->restore(initial_state(network, 0));
  }

  NetworkPlan network;
  std::unique_ptr<cuda::StreamEngine> engine;
  cuda::GpuTimer timer;
};

void step(benchmark::State& state, const Bench& bench, const Runner& runner) {
  const std::vector<std::uint32_t> order =
      SampleOrder(0, bench.data.training.size(), batch_size).batches(0, steps_a_call);
  const std::vector<float> learning_rates(steps_a_call, 0.001f);
  for (auto iteration : state) {
    (void)iteration;
    state.SetIterationTime(
        runner.timer.seconds([&] { runner.engine->train(order, learning_rates); }) / steps_a_call);
  }
}

void evaluation(benchmark::State& state, const Bench&, const Runner& runner) {
  for (auto iteration : state) {
    (void)iteration;
    state.SetIterationTime(runner.timer.seconds([&] { runner.engine->evaluate(); }));
  }
}

double smallest(const std::vector<double>& values) { return *std::ranges::min_element(values); }
double largest(const std::vector<double>& values) { return *std::ranges::max_element(values); }

void run_all(const Bench& bench) {
  using Measurement = void (*)(benchmark::State&, const Bench&, const Runner&);
  std::vector<std::unique_ptr<Runner>> runners;
  for (const std::string_view name : network_names()) {
    const Runner& runner = *runners.emplace_back(std::make_unique<Runner>(bench, name));
    const auto add = [&](const char* what, Measurement measurement) {
      benchmark::RegisterBenchmark((std::string(what) + "/" + std::string(name)).c_str(),
                                   [&bench, &runner, measurement](benchmark::State& state) {
                                     measurement(state, bench, runner);
                                   })
          ->Unit(benchmark::kMicrosecond)
          ->UseManualTime()
          ->Iterations(1)
          ->Repetitions(calls)
          ->ReportAggregatesOnly()
          ->ComputeStatistics("min", smallest)
          ->ComputeStatistics("max", largest);
    };
    add("step", step);
    add("evaluation", evaluation);
    benchmark::AddCustomContext(std::string(name), runner.engine->describe().recording);
  }
  const Description description = runners.front()->engine->describe();
  std::string libraries;
  for (const std::string& library : description.libraries)
    libraries += (libraries.empty() ? "" : ", ") + library;
  benchmark::AddCustomContext("gpu", description.device);
  benchmark::AddCustomContext("libraries", libraries);
  benchmark::AddCustomContext("precision", bench.precision == Precision::tf32 ? "tf32" : "fp32");
  benchmark::RunSpecifiedBenchmarks();
}

// Takes --name=VALUE out of the arguments.
std::optional<std::string> take_flag(const std::string& name, int& count, char** arguments) {
  std::optional<std::string> value;
  char** const last =
      std::remove_if(arguments + 1, arguments + count, [&](const std::string& argument) {
        const bool ours = argument.starts_with(name + "=");
        if (ours) value = argument.substr(name.size() + 1);
        return ours;
      });
  count = static_cast<int>(last - arguments);
  return value;
}

int measure(int count, char** arguments) {
  Bench bench;
  if (const auto gpu = take_flag("--gpu", count, arguments)) bench.gpu = std::stoi(*gpu);
  if (take_flag("--precision", count, arguments) == "tf32") bench.precision = Precision::tf32;
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  const Machine machine{.root = "/", .environment = std::getenv};
  for (const Gpu& gpu : discover_gpus())
    if (gpu.index == bench.gpu)
      benchmark::AddCustomContext("driver", gpu.driver_version + " (CUDA " + gpu.driver_cuda + ")");
  bench.libraries = cuda::open_libraries(cuda_library_folders(machine, MNIST_CUDA_LIBRARY_FOLDERS));
  bench.data = synthetic_digits(usable_processors(machine));
  run_all(bench);
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace mnist

int main(int count, char** arguments) {
  try {
    return mnist::measure(count, arguments);
  } catch (const std::exception& failure) {
    std::cerr << "gpu_benchmark: " << failure.what() << "\n";
    return 1;
  }
}
