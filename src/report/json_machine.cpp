// What is known of the machine and its GPUs, as JSON.
#include "report/device_lines.hpp"
#include "report/formatted.hpp"
#include "report/json_parts.hpp"

namespace mnist {
namespace {

Json pci_gpus_json(const std::vector<PciGpu>& gpus) {
  Json list = Json::array();
  for (const PciGpu& gpu : gpus)
    list.push_back({{"address", gpu.address}, {"device_id", formatted("0x%04x", gpu.device_id)}});
  return list;
}

Json device_files_json(const std::vector<DeviceFile>& files) {
  Json list = Json::array();
  for (const DeviceFile& file : files)
    list.push_back(
        {{"path", file.path}, {"mode", file.mode}, {"owner", file.owner}, {"usable", file.usable}});
  return list;
}

}  // namespace

Json gpu_json(const Gpu& gpu) {
  const GpuReadings& readings = gpu.readings;
  return {{"index", gpu.index},
          {"uuid", gpu.uuid},
          {"name", gpu.name},
          {"pci_bus_id", gpu.pci_bus_id},
          {"compute_capability", compute_capability(gpu)},
          {"sm_clock_ghz", or_null(gpu.sm_clock_ghz)},
          {"memory_clock_ghz", or_null(gpu.memory_clock_ghz)},
          {"total_memory_bytes", gpu.total_memory_bytes},
          {"free_memory_bytes", or_null(gpu.free_memory_bytes)},
          {"multiprocessors", gpu.multiprocessors},
          {"l2_bytes", gpu.l2_bytes},
          {"mig", gpu.mig},
          {"driver_version", or_null(gpu.driver_version)},
          {"driver_cuda", gpu.driver_cuda},
          {"runtime_cuda", gpu.runtime_cuda},
          {"readings_absent", or_null(gpu.readings_absent)},
          {"utilization_percent", or_null(readings.utilization_percent)},
          {"memory_utilization_percent", or_null(readings.memory_utilization_percent)},
          {"memory_used_bytes", or_null(readings.memory_used_bytes)},
          {"temperature_celsius", or_null(readings.temperature_celsius)},
          {"power_watts", or_null(readings.power_watts)},
          {"power_cap_watts", or_null(readings.power_cap_watts)},
          {"ecc_enabled", or_null(readings.ecc_enabled)},
          {"compute_mode", or_null(readings.compute_mode)},
          {"processes", or_null(readings.processes)}};
}

Json place_json(const Place& place) {
  return {{"host", or_null(place.host)},    {"container", or_null(place.container)},
          {"kubernetes", place.kubernetes}, {"node", or_null(place.node)},
          {"pod", or_null(place.pod)},      {"namespace", or_null(place.pod_namespace)}};
}

Json xids_json(const std::vector<Xid>& xids) {
  Json list = Json::array();
  for (const Xid& xid : xids)
    list.push_back({{"number", xid.number},
                    {"pci_bus_id", or_null(xid.pci_bus_id)},
                    {"text", or_null(xid.text)},
                    {"before_run", xid.before_run}});
  return list;
}

Json evidence_json(const Evidence& evidence) {
  return {{"pci_gpus", pci_gpus_json(evidence.pci_gpus)},
          {"module_loaded", evidence.module_loaded},
          {"uvm_module_loaded", evidence.uvm_module_loaded},
          {"kernel_driver", or_null(evidence.kernel_driver)},
          {"device_files", device_files_json(evidence.device_files)},
          {"libcuda", or_null(evidence.libcuda)},
          {"nvml_status", or_null(evidence.nvml_status)},
          {"nvml_driver", or_null(evidence.nvml_driver)},
          {"variables", Json(evidence.variables)},
          {"seccomp", or_null(evidence.seccomp)},
          {"place", place_json(evidence.place)},
          {"xids", xids_json(evidence.xids)},
          {"gpu", evidence.gpu ? gpu_json(*evidence.gpu) : Json(nullptr)},
          {"new_double_bit_errors", evidence.new_double_bit_errors},
          {"compute_mode", or_null(evidence.compute_mode)},
          {"recovery_action", or_null(evidence.recovery_action)}};
}

}  // namespace mnist
