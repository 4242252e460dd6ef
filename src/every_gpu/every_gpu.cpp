#include "every_gpu/every_gpu.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/child_process.hpp"
#include "base/stopwatch.hpp"
#include "every_gpu/gpu_run.hpp"

namespace mnist {
namespace {

constexpr std::size_t longest_line = 1 << 16;
constexpr std::size_t longest_result = 1 << 26;  // of the longest runs, some megabytes

// Our own environment, with one GPU alone to be seen, and word that the run has other parts.
std::vector<std::string> environment_for(const Gpu& gpu) {
  constexpr std::string_view variable = "CUDA_VISIBLE_DEVICES=";
  std::vector<std::string> settings{std::string(variable) + gpu.uuid,
                                    "MNIST_DEMO_ONE_OF_SEVERAL=1"};
  for (char** setting = ::environ; *setting; ++setting)
    if (!std::string_view(*setting).starts_with(variable)) settings.emplace_back(*setting);
  return settings;
}

// A GPU, and the process that tries it.
class Trial {
 public:
  Trial(const Gpu& gpu, const EveryGpuSettings& settings, const EveryGpuHooks& hooks)
      : gpu_(gpu), hooks_(hooks) {
    std::vector<std::string> arguments = settings.arguments;
    arguments.insert(arguments.end(), {"--device=cuda", "--json=-", "--quiet"});
    try {
      process_.emplace(ChildCommand{settings.program, std::move(arguments), environment_for(gpu)});
    } catch (const std::system_error& refusal) {
      finish(verdict_of(refusal));
    }
  }
  // With a process inside it stays where it is.
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  const std::optional<GpuRun>& run() const { return run_; }

  // What to poll; -1, which poll() passes over, for what has ended.
  pollfd output() { return {run_ ? -1 : process_->output().get(), POLLIN, 0}; }
  pollfd error() { return {run_ ? -1 : process_->error().get(), POLLIN, 0}; }
  // It writes nothing any more, but has not quite ended.
  bool is_ending() {
    return !run_ && !process_->output().is_open() && !process_->error().is_open();
  }

  void send(int signal) {
    if (run_) return;
    process_->send(signal);
    killed_ |= signal == SIGKILL;
  }

  // Takes what has come, without waiting.
  void listen() {
    if (run_) return;
    const std::optional<ChildEnd> end = process_->ended();  // before reading: then that is all
    const std::string result = read_available(process_->output());
    if (json_.size() < longest_result) json_ += result;
    take_lines(read_available(process_->error()));
    if (!end) return;
    take_lines("\n");
    if (killed_ && end->signal == SIGKILL)
      finish(hangs("its process did not end when it was told to, and was killed"));
    else
      finish(gpu_run(gpu_, *end, json_, last_line_));
  }

  // Of a process that cannot even be killed.
  void give_up() {
    if (!run_) finish(hangs("its process cannot be ended: it hangs within the system"));
  }

 private:
  static Verdict hangs(std::string evidence) {
    return {ExitCode::terminated, "a GPU that hangs", std::move(evidence),
            "look in dmesg for an Xid; the machine may have to be started anew"};
  }

  void take_lines(const std::string& text) {
    partial_line_ += text;
    std::size_t begin = 0;
    for (;;) {
      const std::size_t end = std::min(partial_line_.find('\n', begin), begin + longest_line);
      if (end >= partial_line_.size()) break;
      take_line(partial_line_.substr(begin, end - begin));
      begin = partial_line_[end] == '\n' ? end + 1 : end;
    }
    partial_line_.erase(0, begin);
  }

  void take_line(std::string line) {
    if (line.empty()) return;
    hooks_.line("cuda:" + std::to_string(gpu_.index) + ": " + line);
    last_line_ = std::move(line);
  }

  void finish(Verdict verdict) {
    GpuRun run;
    run.gpu = gpu_;
    run.verdict = std::move(verdict);
    finish(std::move(run));
  }
  void finish(GpuRun run) {
    run_ = std::move(run);
    hooks_.ended(*run_);
  }

  const Gpu& gpu_;
  const EveryGpuHooks& hooks_;
  std::optional<ChildProcess> process_;
  bool killed_ = false;  // by us
  std::string json_;
  std::string partial_line_;
  std::string last_line_;
  std::optional<GpuRun> run_;
};

using Trials = std::vector<std::unique_ptr<Trial>>;

bool all_over(const Trials& trials) {
  return std::ranges::all_of(trials, [](const auto& trial) { return trial->run().has_value(); });
}

// Waits a moment for something to come, and takes it.
void listen(const Trials& trials) {
  constexpr int tenth_of_a_second = 100;
  constexpr int moment = 5;
  std::vector<pollfd> pipes;
  bool ending = false;
  for (const auto& trial : trials) {
    pipes.push_back(trial->output());
    pipes.push_back(trial->error());
    ending |= trial->is_ending();
  }
  ::poll(pipes.data(), pipes.size(), ending ? moment : tenth_of_a_second);
  for (const auto& trial : trials) trial->listen();
}

// Whether all ended in time.
bool end_with(int signal, const Trials& trials, std::chrono::duration<double> grace) {
  for (const auto& trial : trials) trial->send(signal);
  for (const Stopwatch watch; !all_over(trials);) {
    if (watch.seconds() > grace.count()) return false;
    listen(trials);
  }
  return true;
}

void end_all(const Trials& trials, std::chrono::duration<double> grace) {
  constexpr std::chrono::seconds for_the_system{2};
  if (end_with(SIGTERM, trials, grace) || end_with(SIGKILL, trials, for_the_system)) return;
  for (const auto& trial : trials) trial->give_up();
}

}  // namespace

std::vector<GpuRun> run_on_each(const std::vector<Gpu>& gpus, const EveryGpuSettings& settings,
                                const EveryGpuHooks& hooks) {
  Trials trials;
  try {
    for (const Gpu& gpu : gpus) trials.push_back(std::make_unique<Trial>(gpu, settings, hooks));
    while (!all_over(trials)) {
      listen(trials);
      hooks.between();
    }
  } catch (...) {
    end_all(trials, settings.grace);
    throw;
  }
  std::vector<GpuRun> runs;
  for (const auto& trial : trials) runs.push_back(*trial->run());
  return runs;
}

}  // namespace mnist
