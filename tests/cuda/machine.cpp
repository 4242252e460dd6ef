#include "cuda/machine.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace mnist::cuda {
namespace {

std::unique_ptr<Machine>& the_machine() {
  static auto machine = std::make_unique<Machine>();
  return machine;
}

class MachineForEachTest final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { renew_machine(); }
  void OnTestEnd(const testing::TestInfo&) override {
    for (const std::string& leftover : machine().leftovers()) ADD_FAILURE() << "left: " << leftover;
    for (const std::string& refusal : machine().refusals) ADD_FAILURE() << "refused: " << refusal;
  }
};

const bool listening = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new MachineForEachTest);
  return true;
}();

}  // namespace

Machine& machine() { return *the_machine(); }

void renew_machine() { the_machine() = std::make_unique<Machine>(); }

std::vector<std::string> Machine::leftovers() {
  std::vector<std::string> found;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) found.push_back(std::to_string(count) + " x " + what);
  };
  add(memory.allocations(), "GPU memory");
  add(page_locked.size(), "page-locked memory");
  const auto add_handles = [&](const auto&... handles) {
    (add(handles.alive(), handles.name()), ...);
  };
  add_handles(streams.streams, streams.graphs, streams.execs, streams.nodes, streams.events, cublas,
              cudnn, tensors, filters, convolutions, activations);
  return found;
}

}  // namespace mnist::cuda
