// Runs the tests of this program on GPU 0. Where no GPU is to be seen, or the build has no CUDA
// engine, they are skipped, and the exit status says so (77), unless MNIST_REQUIRE_GPU=1 promises a
// GPU: then that is a failure, as is a GPU that is there and does not work.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "cuda/cuda_engine.hpp"
#include "machine/gpu_presence.hpp"

namespace {

constexpr int skipped = 77;

bool promised() {
  const char* value = std::getenv("MNIST_REQUIRE_GPU");
  return value != nullptr && std::string_view(value) == "1";
}

int without_gpu(std::string_view why) {
  std::cout << (promised() ? "failed, since MNIST_REQUIRE_GPU=1 promises a GPU: " : "skipped: ")
            << why << ", so nothing was run on one\n";
  return promised() ? 1 : skipped;
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (!mnist::has_cuda_engine()) return without_gpu("this build has no CUDA engine");
  const auto evidence = mnist::nvidia_gpu_evidence({.root = "/", .environment = std::getenv});
  if (!evidence) return without_gpu("no NVIDIA GPU is to be seen");
  std::cout << "GPU: " << *evidence << "\n";
  return RUN_ALL_TESTS();
}
