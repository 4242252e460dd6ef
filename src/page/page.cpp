#include "page/page.hpp"

#include <utility>

#include "base/whole_file.hpp"
#include "page/render.hpp"

namespace mnist {
namespace {

constexpr std::size_t most_mistakes = 24;

class Page : public Artifact {
 public:
  explicit Page(std::filesystem::path path) : path_(std::move(path)) {}

  std::string file() const override { return path_.string(); }

  void begins(const NetworkPlan& network, const Dataset& test) override {
    content_.network = network;
    test_ = &test;
  }

  void evaluated(std::uint64_t step, const Score& score, Engine&) override {
    content_.test_losses.push_back({step, score.loss});
  }

  void trained(std::uint64_t, std::span<const StepResult> steps, Engine&) override {
    for (const StepResult& step : steps) content_.losses.add(step.loss);
  }

  void end(Engine& engine) override {
    content_.trained = {engine.parameters(), answers_to(*test_, engine, most_mistakes)};
  }

  void write(const RunResult& result) override {
    write_whole_file(path_, render_page(content_, result));
  }

 private:
  std::filesystem::path path_;
  const Dataset* test_ = nullptr;  // while it trains
  PageContent content_;
};

}  // namespace

std::unique_ptr<Artifact> page_of_a_run(std::filesystem::path path) {
  return std::make_unique<Page>(std::move(path));
}

}  // namespace mnist
