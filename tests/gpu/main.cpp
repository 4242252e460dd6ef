// Runs the tests of this program on GPU 0. No GPU to be seen: they are skipped, and the exit status
// says so (77), unless MNIST_REQUIRE_GPU=1 promises one. A GPU that is there and does not work is a
// failure.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "machine/gpu_presence.hpp"

namespace {

constexpr int skipped = 77;

bool promised() {
  const char* value = std::getenv("MNIST_REQUIRE_GPU");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  const auto evidence = mnist::nvidia_gpu_evidence({.root = "/", .environment = std::getenv});
  if (!evidence && !promised()) {
    std::cout << "skipped: no NVIDIA GPU is to be seen, so nothing was run on one\n";
    return skipped;
  }
  std::cout << "GPU: " << evidence.value_or("promised by MNIST_REQUIRE_GPU") << "\n";
  return RUN_ALL_TESTS();
}
