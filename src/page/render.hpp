// The page as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "network/network.hpp"
#include "page/answers.hpp"
#include "page/loss_curve.hpp"
#include "report/result.hpp"

namespace mnist {

struct TestLoss {
  std::uint64_t step = 0;  // updates done
  double loss = 0;         // mean over the test set
};

// What the page shows besides the result.
struct PageContent {
  struct Trained {
    std::vector<float> parameters;  // in the plan's order
    Answers answers;
  };

  NetworkPlan network;  // empty where the run failed before it was to train
  LossCurve losses;
  std::vector<TestLoss> test_losses;
  std::optional<Trained> trained;  // absent where the engine failed before its end
};

// One HTML document that asks for nothing from anywhere: a policy within it forbids that, and any
// script or style but its own. Text of the result may hold anything.
std::string render_page(const PageContent& content, const RunResult& result);

}  // namespace mnist
