// NVIDIA's management library, which comes with the driver, loaded at run time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/gpu.hpp"
#include "machine/nvml_functions.hpp"

namespace mnist {

// A GPU as NVML lists it.
struct NvmlDevice {
  std::string uuid;  // "GPU-..."
  std::string name;
  bool mig_enabled = false;
  std::vector<std::string> mig_uuids;  // of its parts: "MIG-..."
};

// Asks without failing: what the library lacks, refuses or does not know is unknown.
class Nvml {
 public:
  explicit Nvml(const std::string& library = "libnvidia-ml.so.1");
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  // Why nothing can be asked; empty where it can.
  const std::string& absence() const { return absence_; }

  // What it answered when it was started, 0 for well; nothing where there is no NVML.
  std::optional<int> status() const { return status_; }

  // "Unknown Error (999)"
  std::string text_of(nvml::Result result) const;

  // The driver's version: "580.65.06"; empty where it is unknown.
  std::string driver_version() const;

  // The GPUs that this process may see, in NVML's order, which need not be CUDA's.
  std::vector<NvmlDevice> devices() const;

  // Whether it knows a GPU, or a part of one, of this UUID.
  bool knows(const std::string& uuid) const;
  GpuReadings read(const std::string& uuid) const;

  // What a function answers; function_not_found where the library lacks it.
  template <class Type, class... Arguments>
  nvml::Result call(const nvml::Function<Type>& function, Arguments... arguments) const {
    Type* const found = find(function);
    return found ? found(arguments...) : nvml::Result::function_not_found;
  }
  // What a function that takes `in` and then a place for its value puts there.
  template <class Value, class Type, class... In>
  std::optional<Value> ask(const nvml::Function<Type>& function, In... in) const {
    Value value{};
    if (call(function, in..., &value) != nvml::Result::success) return std::nullopt;
    return value;
  }

 private:
  void* address(const char* symbol) const;
  // Null where the library lacks it.
  template <class Type>
  Type* find(const nvml::Function<Type>& function) const {
    return reinterpret_cast<Type*>(address(function.symbol));
  }
  // What a function that takes `in` and then a place for text puts there, or nothing.
  template <unsigned Size, class Type, class... In>
  std::string text(const nvml::Function<Type>& function, In... in) const;
  std::vector<std::string> mig_uuids(nvml::Device gpu) const;

  void* library_ = nullptr;  // stays open until the process ends
  std::string absence_;
  std::optional<int> status_;
};

}  // namespace mnist
