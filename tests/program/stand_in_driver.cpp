// A library under the name of NVIDIA's driver, with as much of it as CUDA's runtime asks for before
// it does anything, and no GPU. When it is opened it tells in which order CUDA is to count.
// Variables say how it fails:
//   MNIST_STAND_IN_DRIVER_STARTS=CODE    what starting it returns; 100 (no device) where it is not
//   set MNIST_STAND_IN_DRIVER_HANGS=1        starting it never returns
//   MNIST_STAND_IN_DRIVER_CUDA=12020     the newest CUDA that it can run
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

struct Told {
  Told() {
    const char* const order = std::getenv("CUDA_DEVICE_ORDER");
    std::fprintf(stderr, "CUDA_DEVICE_ORDER=%s\n", order ? order : "");
  }
};

const Told told;

int number(const char* variable, int otherwise) {
  const char* const value = std::getenv(variable);
  return value ? std::atoi(value) : otherwise;
}

}  // namespace

extern "C" {

int cuInit(unsigned /*flags*/) {
  if (std::getenv("MNIST_STAND_IN_DRIVER_HANGS"))
    for (;;) ::pause();
  return number("MNIST_STAND_IN_DRIVER_STARTS", 100);
}

int cuDriverGetVersion(int* version) {
  *version = number("MNIST_STAND_IN_DRIVER_CUDA", 13000);
  return 0;
}

// What every other function of a driver does that was not started.
int not_started() { return 3; }

int cuGetProcAddress_v2(const char* symbol, void** function, int /*version*/,
                        unsigned long long /*flags*/, int* status) {
  const std::string_view name(symbol);
  *function = name == "cuInit"               ? reinterpret_cast<void*>(cuInit)
              : name == "cuDriverGetVersion" ? reinterpret_cast<void*>(cuDriverGetVersion)
              : name == "cuGetProcAddress"   ? reinterpret_cast<void*>(cuGetProcAddress_v2)
                                             : reinterpret_cast<void*>(not_started);
  if (status) *status = 0;
  return 0;
}

int cuGetProcAddress(const char* symbol, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(symbol, function, version, flags, nullptr);
}
}
