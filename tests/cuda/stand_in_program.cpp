// The whole program on the stand-ins: with cuBLAS and cuDNN that need not be opened, two GPUs to be
// found, and a machine and failures as these variables say:
//   MNIST_STAND_IN_ROOT=FOLDER          /proc, /sys and /dev are there
//   MNIST_STAND_IN_FAIL=FUNCTION=CODE   every call of the function returns this code
//   MNIST_STAND_IN_HANG=FUNCTION[,GPU]  every call of the function hangs
//   MNIST_STAND_IN_TAMPER=WORK,OPERAND,RUN,BIT[,GPU]   see Tampering in streams.hpp
//                                       where GPU is given, only in a process that is shown that
//                                       GPU alone
//   MNIST_STAND_IN_NO_LIBRARIES=1       cuBLAS and cuDNN are missing
//   MNIST_STAND_IN_DRIVER_CUDA=12020    the newest CUDA that the driver can run; 0: there is none
//   MNIST_STAND_IN_GPU_NAME=NAME        all GPUs have this name
//   CUDA_VISIBLE_DEVICES=UUID           of the one GPU that is shown
#include <cuda_runtime_api.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>

#include "cuda/libraries.hpp"
#include "cuda/machine.hpp"
#include "machine/cuda_library.hpp"
#include "program.hpp"

namespace mnist::cuda {

Libraries open_libraries(const CudaLibraryFolders& /*folders*/) {
  if (std::getenv("MNIST_STAND_IN_NO_LIBRARIES"))
    (void)CudaLibrary("cuBLAS", "libcublas.so.none", "", {});
  return stand_in_libraries();
}

}  // namespace mnist::cuda

extern "C" {

cudaError_t cudaDeviceGetPCIBusId(char* id, int size, int gpu) {
  const bool first = mnist::cuda::machine().first_gpu + gpu == 0;
  std::strncpy(id, first ? "0000:0A:00.0" : "0000:0B:00.0", static_cast<std::size_t>(size));
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

// Whether what follows in the words, a comma and a GPU, or nothing, is about this process.
bool is_meant(const mnist::cuda::Machine& machine, std::istringstream& words) {
  char comma = 0;
  int gpu = 0;
  const bool of_one_gpu = static_cast<bool>(words >> comma >> gpu);
  return !of_one_gpu || (machine.gpu_count == 1 && machine.first_gpu == gpu);
}

void set_up(mnist::cuda::Machine& machine) {
  constexpr std::string_view uuid = "GPU-00000000-0000-0000-0000-00000000000";  // and its number
  if (const std::string visible = variable("CUDA_VISIBLE_DEVICES"); visible.starts_with(uuid)) {
    machine.gpu_count = 1;
    machine.first_gpu = visible.back() - '0';
  }
  machine.largest_product = 1'000'000'000;  // those that measure how fast it is are larger
  const std::string hanging = variable("MNIST_STAND_IN_HANG");
  const std::size_t function = std::min(hanging.find(','), hanging.size());
  std::istringstream hanging_gpu(hanging.substr(function));
  if (is_meant(machine, hanging_gpu)) machine.calls.hang_in(hanging.substr(0, function));
  if (const std::string fail = variable("MNIST_STAND_IN_FAIL"); !fail.empty()) {
    const std::size_t equals = fail.find('=');
    const int code = std::stoi(fail.substr(equals + 1));
    machine.calls.fail_function(fail.substr(0, equals),
                                {static_cast<cudaError_t>(code), static_cast<cublasStatus_t>(code),
                                 static_cast<cudnnStatus_t>(code)});
  }
  if (const std::string cuda = variable("MNIST_STAND_IN_DRIVER_CUDA"); !cuda.empty())
    machine.driver_cuda = std::stoi(cuda);
  machine.name_of_gpus = variable("MNIST_STAND_IN_GPU_NAME");
  std::istringstream tamper(variable("MNIST_STAND_IN_TAMPER"));
  mnist::cuda::Tampering tampering;
  std::getline(tamper, tampering.work, ',');
  std::getline(tamper, tampering.operand, ',');
  char comma = 0;
  if (!(tamper >> tampering.run >> comma >> tampering.bit)) return;
  if (is_meant(machine, tamper)) machine.streams.tampering = tampering;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string root = variable("MNIST_STAND_IN_ROOT");
  const mnist::Machine machine{.root = root.empty() ? "/" : root,
                               .environment = [](const char* name) { return std::getenv(name); }};
  set_up(mnist::cuda::machine());
  ::_exit(static_cast<int>(
      mnist::run_program({argv + 1, static_cast<std::size_t>(argc - 1)}, machine)));
}
