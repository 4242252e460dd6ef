#include "machine/nvml.hpp"

#include <dlfcn.h>

#include <array>

#include "machine/nvml_gpu.hpp"

namespace mnist {

using nvml::Result;

void* Nvml::address(const char* symbol) const {
  return library_ ? ::dlsym(library_, symbol) : nullptr;
}

template <unsigned Size, class Type, class... In>
std::string Nvml::text(const nvml::Function<Type>& function, In... in) const {
  std::array<char, Size> text{};
  return call(function, in..., text.data(), Size) == Result::success ? text.data() : "";
}

Nvml::Nvml(const std::string& library)
    : library_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!library_) {
    absence_ = ::dlerror();
    return;
  }
  const auto init = find(nvml::init);
  const Result result = init ? init() : Result::success;
  if (init) status_ = static_cast<int>(result);
  if (init && result == Result::success) return;
  absence_ =
      library + ": " + (init ? text_of(result) : std::string("no function ") + nvml::init.symbol);
  library_ = nullptr;
}

Nvml::~Nvml() { (void)call(nvml::shutdown); }

std::string Nvml::text_of(Result result) const {
  const auto error_string = find(nvml::error_string);
  const std::string number = std::to_string(static_cast<int>(result));
  return error_string ? error_string(result) + (" (" + number + ")") : "error " + number;
}

std::string Nvml::driver_version() const { return text<nvml::version_size>(nvml::driver_version); }

std::vector<NvmlDevice> Nvml::devices() const {
  std::vector<NvmlDevice> devices;
  const unsigned count = ask<unsigned>(nvml::device_count).value_or(0);
  for (unsigned index = 0; index < count; ++index)
    // It counts those, too, that this process may not use.
    if (const auto gpu = ask<nvml::Device>(nvml::handle_by_index, index)) {
      unsigned mig = 0;
      const bool mig_known = ask<unsigned>(nvml::mig_mode, *gpu, &mig).has_value();
      devices.push_back({.uuid = text<nvml::uuid_size>(nvml::uuid, *gpu),
                         .name = text<nvml::name_size>(nvml::name, *gpu),
                         .mig_enabled = mig_known && mig != 0,
                         .mig_uuids = mig_uuids(*gpu)});
    }
  return devices;
}

std::vector<std::string> Nvml::mig_uuids(nvml::Device gpu) const {
  std::vector<std::string> uuids;
  const unsigned places = ask<unsigned>(nvml::mig_device_most, gpu).value_or(0);
  for (unsigned place = 0; place < places; ++place)
    if (const auto part = ask<nvml::Device>(nvml::mig_handle_by_index, gpu, place))
      uuids.push_back(text<nvml::uuid_size>(nvml::uuid, *part));
  return uuids;
}

bool Nvml::knows(const std::string& uuid) const {
  return ask<nvml::Device>(nvml::handle_by_uuid, uuid.c_str()).has_value();
}

GpuReadings Nvml::read(const std::string& uuid) const { return NvmlGpu(*this, uuid).readings(); }

}  // namespace mnist
