// The whole program on the stand-ins: with cuBLAS and cuDNN that need not be opened, two GPUs to be
// found, and a machine and failures as these variables say:
//   MNIST_STAND_IN_ROOT=FOLDER          /proc, /sys and /dev are there
//   MNIST_STAND_IN_FAIL=FUNCTION=CODE   every call of the function returns this code
//   MNIST_STAND_IN_HANG=FUNCTION        every call of the function hangs
//   MNIST_STAND_IN_TAMPER=WORK,OPERAND,RUN,BIT   see Tampering in streams.hpp
//   CUDA_VISIBLE_DEVICES=UUID            of the one GPU that is shown
#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>

#include "cuda/libraries.hpp"
#include "cuda/machine.hpp"
#include "program.hpp"
#include "report/console.hpp"

namespace mnist::cuda {

Libraries open_libraries(const CudaLibraryFolders& /*folders*/) { return stand_in_libraries(); }

}  // namespace mnist::cuda

extern "C" {

cudaError_t cudaDeviceGetPCIBusId(char* id, int size, int gpu) {
  std::strncpy(id, mnist::cuda::machine().first_gpu + gpu == 0 ? "0000:0A:00.0" : "0000:0B:00.0",
               static_cast<std::size_t>(size));
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* gpu) {
  *gpu = mnist::cuda::machine().current_gpu();
  return cudaSuccess;
}
}

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

void set_up(mnist::cuda::Machine& machine) {
  constexpr std::string_view uuid = "GPU-00000000-0000-0000-0000-00000000000";  // and its number
  if (const std::string visible = variable("CUDA_VISIBLE_DEVICES"); visible.starts_with(uuid)) {
    machine.gpu_count = 1;
    machine.first_gpu = visible.back() - '0';
  }
  machine.calls.hang_in(variable("MNIST_STAND_IN_HANG"));
  if (const std::string fail = variable("MNIST_STAND_IN_FAIL"); !fail.empty()) {
    const std::size_t equals = fail.find('=');
    const int code = std::stoi(fail.substr(equals + 1));
    machine.calls.fail_function(fail.substr(0, equals),
                                {static_cast<cudaError_t>(code), static_cast<cublasStatus_t>(code),
                                 static_cast<cudnnStatus_t>(code)});
  }
  if (std::istringstream tamper(variable("MNIST_STAND_IN_TAMPER")); tamper.rdbuf()->in_avail()) {
    mnist::cuda::Tampering& tampering = machine.streams.tampering.emplace();
    char comma = 0;
    std::getline(tamper, tampering.work, ',');
    std::getline(tamper, tampering.operand, ',');
    tamper >> tampering.run >> comma >> tampering.bit;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string root = variable("MNIST_STAND_IN_ROOT");
  const mnist::Machine machine{.root = root.empty() ? "/" : root,
                               .environment = [](const char* name) { return std::getenv(name); }};
  try {
    set_up(mnist::cuda::machine());
    return static_cast<int>(
        mnist::run_program({argv + 1, static_cast<std::size_t>(argc - 1)}, machine));
  } catch (const std::exception& failure) {
    const mnist::Verdict verdict = mnist::verdict_of(failure);
    mnist::Console({.color = false}).verdict(verdict);
    return static_cast<int>(verdict.code);
  }
}
