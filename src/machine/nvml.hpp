// NVIDIA's management library, which comes with the driver, loaded at run time: readings of a GPU.
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

  // The driver's version: "580.65.06"; empty where it is unknown.
  std::string driver_version() const;

  // Whether it knows a GPU, or a part of one, of this UUID.
  bool knows(const std::string& uuid) const;
  GpuReadings read(const std::string& uuid) const;

 private:
  // Null where the library lacks it.
  template <class Type>
  Type* find(const nvml::Function<Type>& function) const;
  // What a function that takes `in` and then a place for its value puts there.
  template <class Value, class Type, class... In>
  std::optional<Value> ask(const nvml::Function<Type>& function, In... in) const;
  std::optional<unsigned> process_count(nvml::Device device) const;

  void* library_ = nullptr;  // stays open until the process ends
  std::string absence_;
};

}  // namespace mnist
