// One run on one device: from the choice of the device to a trained network, and what to think of
// it.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "artifacts.hpp"
#include "ending.hpp"
#include "machine/gpu_failure.hpp"
#include "machine/health_watch.hpp"
#include "make_engine.hpp"
#include "options.hpp"
#include "report/live_result.hpp"
#include "training/trainer.hpp"

namespace mnist {

class Walk {
 public:
  // All of them outlive it.
  Walk(const Options& options, const Machine& machine, Console& console, LiveResult& result,
       Artifacts& artifacts);

  // Goes as far as it can, or until `ending` wants the run to end, and fills the result, its
  // verdict included, as it goes.
  void go(const Ending& ending);

  // What the watch over the GPU has seen, once there is one. For any thread, while go() is at work.
  std::optional<HealthRecord> health() const;

 private:
  void take();
  void list_devices();
  void try_every_gpu();
  ChosenDevice choose();
  std::vector<Gpu> meet_gpus();
  void count(const std::vector<Gpu>& shown);
  Gpu take_gpu(int index);
  void look_at_gpu(const Gpu& gpu, Precision precision);
  TrainingData obtain_data();
  std::unique_ptr<Engine> prepare(const ChosenDevice& device, Precision precision,
                                  const NetworkPlan& network, const TrainingData& data);
  void train(Engine& engine, const NetworkPlan& network, const TrainingData& data);

  void enter(const std::string& phase);
  std::vector<Check> note(std::vector<Check> checks);
  void require(std::vector<Check> checks);
  void go_on() const;
  Verdict verdict_of_failure(std::exception_ptr thrown);
  Verdict diagnosed(GpuFailureFacts failure);

  const Options& options_;
  const Machine& machine_;
  Console& console_;
  LiveResult& result_;
  Artifacts& artifacts_;
  const Ending* ending_ = nullptr;  // once it goes
  int threads_;
  std::optional<Gpu> gpu_;  // that the run uses
  mutable std::mutex watch_mutex_;
  std::shared_ptr<HealthWatch> watch_;
};

// What a run is doing, where others have to know.
inline constexpr char getting_the_data[] = "getting the data";
inline constexpr char trying_every_gpu[] = "trying every GPU";

// What the process of one GPU has to end by itself: longer than it takes to report that it hangs.
inline constexpr std::chrono::seconds grace_of_each_gpu{6};

// What a run throws that was told to end, with what it was doing then.
Error told_to_end(ExitCode why, const RunResult& result);

}  // namespace mnist
