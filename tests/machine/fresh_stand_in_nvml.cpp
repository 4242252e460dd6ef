#include <dlfcn.h>

#include <stdexcept>

#include "machine/stand_in_nvml.hpp"

namespace mnist {
namespace {

template <class Function>
Function* find(const char* library, const char* symbol) {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void* const found = handle ? ::dlsym(handle, symbol) : nullptr;
  if (!found) throw std::runtime_error(::dlerror());
  return reinterpret_cast<Function*>(found);
}

}  // namespace

StandInNvml& fresh_stand_in_nvml(const char* library) {
  StandInNvml& state = *find<StandInNvml*()>(library, "stand_in_nvml")();
  state = {};
  return state;
}

void release_stand_in_nvml(const char* library) {
  find<void()>(library, "stand_in_nvml_release")();
}

}  // namespace mnist
