#include "report/metrics.hpp"

#include <utility>

#include "report/exposition.hpp"
#include "report/health_summary.hpp"
#include "report/read_result.hpp"

namespace mnist {
namespace {

using Samples = std::vector<MetricSample>;

// One GPU, and what is known of its part in the run.
struct GpuPart {
  Labels labels;
  std::uint64_t memory_bytes;  // 0 where it is unknown
  RunResult run;
};

Labels labels_of(const Gpu& gpu, const Place& place) {
  return {{"uuid", gpu.uuid}, {"model", gpu.name}, {"node", place.node}, {"pod", place.pod}};
}

// Of GPUs that were tried in processes of their own.
std::vector<GpuPart> tried_gpus(const RunResult& result) {
  std::vector<GpuPart> parts;
  for (const GpuRun& run : result.gpu_runs) {
    RunResult own = result_of(run);
    const Gpu* const used = gpu_of(own);  // CUDA may know more of it than whoever listed it
    const std::uint64_t memory = (used ? *used : run.gpu).total_memory_bytes;
    parts.push_back({labels_of(run.gpu, result.place), memory, std::move(own)});
  }
  return parts;
}

// Of the GPU that this process used, and of those that it was only to list.
std::vector<GpuPart> own_gpus(const RunResult& result) {
  std::vector<GpuPart> parts;
  const auto add = [&](const Gpu& gpu) -> GpuPart& {
    return parts.emplace_back(GpuPart{labels_of(gpu, result.place), gpu.total_memory_bytes, {}});
  };
  if (const Gpu* const gpu = gpu_of(result)) {
    RunResult& run = add(*gpu).run;
    run.health = result.health;
    run.bandwidth = result.bandwidth;
  } else {
    for (const DeviceFacts& device : result.devices)
      if (device.gpu) add(*device.gpu);
  }
  return parts;
}

Labels facts(const RunResult& result) {
  const Labels labels{{"version", result.version},
                      {"model", result.model},
                      {"dataset", result.dataset ? result.dataset->name : ""},
                      {"node", result.place.node},
                      {"pod", result.place.pod},
                      {"namespace", result.place.pod_namespace}};
  if (result.devices.empty()) return labels;
  const DeviceFacts& device = result.devices.front();
  return labels + Labels{{"engine", device.engine},
                         {"device", device.name},
                         {"precision", device.precision}};
}

void add_checks(const RunResult& result, const Labels& labels, Samples& samples) {
  for (const Check& check : result.checks)
    samples.push_back({labels + Labels{{"group", check.group},
                                       {"name", check.name},
                                       {"outcome", std::string(name_of(check.outcome))}},
                       1});
}

void add_run(const RunResult& result, const std::vector<GpuPart>& tried, Exposition& metrics) {
  const auto one = [](std::optional<double> value) { return Samples{{{}, value}}; };
  Samples checks;
  add_checks(result, {}, checks);
  for (const GpuPart& part : tried) add_checks(part.run, part.labels, checks);
  metrics.info("mnist_demo", "What ran, and where.", facts(result));
  metrics.gauge("mnist_demo_passed", "1 where the run passed, else 0.",
                one(result.verdict.code == ExitCode::passed));
  metrics.gauge("mnist_demo_exit_code", "The code that the run ended with.",
                one(static_cast<int>(result.verdict.code)));
  metrics.gauge("mnist_demo_check", "1 for each check, with what came of it.", checks);
  metrics.gauge("mnist_demo_accuracy_ratio", "The part of the test images told right at the end.",
                one(result.final_accuracy));
  metrics.gauge("mnist_demo_loss", "Mean loss over the test images at the end.",
                one(result.final_loss));
  if (tried.empty())  // whose steps are their own
    metrics.gauge("mnist_demo_steps", "Updates done.", one(static_cast<double>(result.steps)));
  metrics.gauge("mnist_demo_images_per_second", "In training, without evaluations.",
                one(result.images_per_second));
  const Timings& timings = result.timings;
  metrics.gauge("mnist_demo_duration_seconds", "Wall-clock time of each phase, and in total.",
                {{{{"phase", "checks"}}, timings.checks},
                 {{{"phase", "data"}}, timings.data},
                 {{{"phase", "engine"}}, timings.engine},
                 {{{"phase", "training"}}, timings.training},
                 {{{"phase", "evaluation"}}, timings.evaluation},
                 {{{"phase", "total"}}, timings.total}});
}

// A sample of each GPU: what `value` says of it.
template <class Value>
Samples of_each(const std::vector<GpuPart>& parts, const Value& value) {
  Samples samples;
  for (const GpuPart& part : parts) samples.push_back({part.labels, value(part)});
  return samples;
}

void add_tried(const std::vector<GpuPart>& tried, Exposition& metrics) {
  metrics.gauge("mnist_demo_gpu_exit_code", "The code that the run on this GPU ended with.",
                of_each(tried, [](const GpuPart& part) -> std::optional<double> {
                  return static_cast<int>(part.run.verdict.code);
                }));
  metrics.gauge("mnist_demo_gpu_steps", "Updates done on this GPU.",
                of_each(tried, [](const GpuPart& part) -> std::optional<double> {
                  if (!part.run.timings.total) return std::nullopt;  // its process told nothing
                  return static_cast<double>(part.run.steps);
                }));
  metrics.gauge("mnist_demo_gpu_accuracy_ratio", "The accuracy at the end on this GPU.",
                of_each(tried, [](const GpuPart& part) { return part.run.final_accuracy; }));
  metrics.gauge("mnist_demo_gpu_images_per_second", "In training on this GPU.",
                of_each(tried, [](const GpuPart& part) { return part.run.images_per_second; }));
}

// A figure of the spread of `quantity` under load, times `scale`.
template <class Value>
Samples under_load(const std::vector<GpuPart>& parts, std::optional<Value> HealthSample::*quantity,
                   double Spread::*figure, double scale = 1) {
  return of_each(parts, [&](const GpuPart& part) -> std::optional<double> {
    if (!part.run.health) return std::nullopt;
    const std::optional<Spread> spread = spread_under_load(*part.run.health, quantity);
    return spread ? std::optional((*spread).*figure * scale) : std::nullopt;
  });
}

void add_use(const std::vector<GpuPart>& parts, Exposition& metrics) {
  metrics.gauge("mnist_demo_gpu_duty_cycle_ratio",
                "Of the time that the run used the GPU, the part in which a kernel ran.",
                under_load(parts, &HealthSample::utilization_percent, &Spread::mean, 0.01));
  metrics.gauge("mnist_demo_gpu_memory_used_bytes", "In use by anybody under load, the most.",
                under_load(parts, &HealthSample::memory_used_bytes, &Spread::most));
  metrics.gauge("mnist_demo_gpu_memory_total_bytes", "What the GPU has.",
                of_each(parts, [](const GpuPart& part) -> std::optional<double> {
                  if (part.memory_bytes == 0) return std::nullopt;
                  return static_cast<double>(part.memory_bytes);
                }));
  metrics.gauge("mnist_demo_gpu_power_watts", "Under load, the mean.",
                under_load(parts, &HealthSample::power_watts, &Spread::mean));
  metrics.gauge("mnist_demo_gpu_temperature_celsius", "Under load, the highest.",
                under_load(parts, &HealthSample::temperature_celsius, &Spread::most));
  metrics.gauge("mnist_demo_gpu_sm_clock_hertz", "Under load, the mean.",
                under_load(parts, &HealthSample::sm_clock_mhz, &Spread::mean, 1e6));
}

void add_rate(const std::vector<GpuPart>& parts, const std::string& name, const std::string& help,
              Rate Bandwidth::*rate, double scale, Exposition& metrics) {
  metrics.gauge("mnist_demo_gpu_" + name, help,
                of_each(parts, [&](const GpuPart& part) -> std::optional<double> {
                  if (!part.run.bandwidth) return std::nullopt;
                  return ((*part.run.bandwidth).*rate).measured * scale;
                }));
  metrics.gauge("mnist_demo_gpu_promised_" + name, "What clocks and widths promise.",
                of_each(parts, [&](const GpuPart& part) -> std::optional<double> {
                  if (!part.run.bandwidth) return std::nullopt;
                  const std::optional<double> promised = ((*part.run.bandwidth).*rate).promised;
                  return promised ? std::optional(*promised * scale) : std::nullopt;
                }));
}

void add_bandwidth(const std::vector<GpuPart>& parts, Exposition& metrics) {
  add_rate(parts, "host_to_device_bytes_per_second", "From page-locked memory.",
           &Bandwidth::host_to_device_gbps, 1e9, metrics);
  add_rate(parts, "device_to_device_bytes_per_second", "Read and written, together.",
           &Bandwidth::device_to_device_gbps, 1e9, metrics);
  add_rate(parts, "product_flops_per_second", "Additions and multiplications of a matrix product.",
           &Bandwidth::product_tflops, 1e12, metrics);
}

}  // namespace

std::string to_metrics(const RunResult& result, MetricsFormat format) {
  Exposition metrics(format);
  const std::vector<GpuPart> tried = tried_gpus(result);
  add_run(result, tried, metrics);
  add_tried(tried, metrics);
  const std::vector<GpuPart> parts = tried.empty() ? own_gpus(result) : tried;
  add_use(parts, metrics);
  add_bandwidth(parts, metrics);
  return metrics.text();
}

}  // namespace mnist
