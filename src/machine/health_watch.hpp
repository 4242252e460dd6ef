// Watches a GPU while a run uses it, from a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "machine/gpu.hpp"
#include "machine/gpu_health.hpp"
#include "machine/machine.hpp"

namespace mnist {

class HealthWatch {
 public:
  // Reads what is the case before the run of the GPU, which NVML knows by its UUID and the kernel's
  // log by its PCI bus id, then takes a sample ten times a second. Without NVML it watches the
  // kernel's log alone, as far as that may be read.
  HealthWatch(const Gpu& gpu, const Machine& machine,
              const std::string& library = "libnvidia-ml.so.1");
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;
  ~HealthWatch();

  // Whether the run is using the GPU from now on.
  void set_under_load(bool under_load);
  // What was seen so far, with a reading of how it is now as `after`. For any thread. Where NVML
  // does not come back, `after` holds nothing, after a second.
  HealthRecord record() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mnist
