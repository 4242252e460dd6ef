// What NVML tells of one GPU, or of a part of one (Multi-Instance GPU).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/gpu.hpp"
#include "machine/gpu_health.hpp"
#include "machine/nvml.hpp"

namespace mnist {

// Who uses a part of a GPU, and its memory, is asked of that part; all else of the whole GPU, which
// alone knows it. For one thread.
class NvmlGpu {
 public:
  // `nvml` must outlive it.
  NvmlGpu(const Nvml& nvml, const std::string& uuid);
  NvmlGpu(const NvmlGpu&) = delete;
  NvmlGpu& operator=(const NvmlGpu&) = delete;
  ~NvmlGpu();

  // Whether NVML knows it.
  bool known() const { return itself_ != nullptr; }
  // What it answered when it was asked for it.
  nvml::Result status() const { return status_; }

  GpuReadings readings();
  GpuHealth health();
  // All but `seconds` and `under_load`.
  HealthSample sample();

  // NVML's 15 (off the bus) or 16 (reset required), where it answered so to anything.
  std::optional<int> lost() const { return lost_; }

  // From now on new_xids() gives the numbers of those that the driver reports of the GPU; false
  // where it does not report them.
  bool watch_xids();
  std::vector<unsigned> new_xids();

 private:
  // What a function that takes the handle, `in` and then a place for its value puts there.
  template <class Value, class Type, class... In>
  std::optional<Value> ask(nvml::Device device, const nvml::Function<Type>& function, In... in);
  nvml::Result noted(nvml::Result result);

  std::optional<double> watts(const nvml::Function<nvml::Result(nvml::Device, unsigned*)>& power);
  std::optional<unsigned> temperature();
  std::optional<unsigned> temperature_limit(int threshold);
  std::optional<nvml::Memory> memory();
  std::optional<unsigned> process_count();
  std::optional<unsigned> field(unsigned number);
  std::optional<RemappedRows> remapped_rows();
  std::optional<unsigned> retired_pages();
  std::optional<std::uint64_t> clock_event_reasons();

  const Nvml& nvml_;
  nvml::Result status_;
  nvml::Device itself_ = nullptr;
  nvml::Device whole_ = nullptr;
  std::optional<int> lost_;
  nvml::EventSet xids_ = nullptr;
};

}  // namespace mnist
