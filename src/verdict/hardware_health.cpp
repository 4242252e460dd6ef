#include <array>

#include "verdict/health_checks.hpp"
#include "verdict/xid_meaning.hpp"

namespace mnist::health {
namespace {

constexpr char reset[] = "drain the node and reset the GPU: nvidia-smi --gpu-reset";
constexpr char reboot[] = "drain the node and reboot it";
constexpr char replace[] = "drain the node and have the GPU replaced";

// NVML's, of a GPU that does not answer, and of a driver that was changed below its library.
constexpr int off_the_bus = 15;
constexpr int reset_required = 16;
constexpr int lost_control_group = 17;
constexpr int library_mismatch = 18;
constexpr int unknown_error = 999;

// Of the GPU's health, which it does before the run.
bool fell_silent(const HealthRecord& record) {
  return record.before != GpuHealth{} && record.after == GpuHealth{};
}

// NVIDIA's limits for what it replaces.
constexpr unsigned most_uncorrectable_rows = 512;
constexpr unsigned most_retired_pages = 63;

std::string text(std::uint64_t number) { return std::to_string(number); }

void list(std::string& items, const std::string& item) {
  items += (items.empty() ? "" : ", ") + item;
}

// See nvmlDeviceGpuRecoveryAction_t.
constexpr std::array recovery_actions{"none", "reset the GPU", "reboot the node",
                                      "drain its links to other GPUs", "drain and reset it"};
constexpr unsigned reboot_action = 2;

// A line of the log may be long.
std::string shown(const Xid& xid) {
  constexpr std::size_t most = 100;
  std::string line = xid.text.substr(0, most);
  while (line.ends_with('.')) line.pop_back();
  return text(xid.number) + (line.empty() ? "" : " (" + line + ")");
}

}  // namespace

Check reachability(const HealthRecord& record) {
  const std::string name = "reachability";
  auto lost = latest(record, &GpuHealth::lost);
  if (record.nvml_status == off_the_bus || record.nvml_status == reset_required)
    lost = record.nvml_status;
  if (lost)
    return *lost == reset_required
               ? failed(name, "NVML says that the GPU must be reset (16)", reset)
               : failed(name,
                        "NVML says that the GPU has fallen off the bus (" + std::to_string(*lost) +
                            ")",
                        reboot);
  if (record.nvml_status == library_mismatch) {
    Check check = failed(name, "NVML cannot be asked: " + record.absence,
                         "restart the node where its driver was upgraded while the old one ran; "
                         "keep the driver's libraries out of a container's image");
    check.code = ExitCode::driver_mismatch;
    return check;
  }
  if (record.nvml_status == lost_control_group || record.nvml_status == unknown_error)
    return unknown(name, "NVML cannot be asked: " + record.absence,
                   std::string(lost_devices_remedy));
  if (!record.absence.empty())
    return unknown(name, "NVML cannot be asked: " + record.absence,
                   record.nvml_status ? "see what nvidia-smi says on the node"
                                      : "give the container the driver capability \"utility\" "
                                        "(NVIDIA_DRIVER_CAPABILITIES)");
  // Sick GPUs often begin so.
  if (record.unanswered)
    return warned(name, "NVML did not come back within a second",
                  "see whether nvidia-smi hangs on the node");
  if (fell_silent(record))
    return warned(name, "NVML told of the GPU before the run, and nothing after it",
                  std::string(lost_devices_remedy));
  if (record.after == GpuHealth{})
    return unknown(name, "NVML tells nothing of the GPU", "see what nvidia-smi says on the node");
  return passed(name, "NVML answered to the end");
}

Check recovery_action(const HealthRecord& record) {
  const std::string name = "recovery action";
  const auto action = latest(record, &GpuHealth::recovery_action);
  if (action.value_or(0) != 0) {
    std::string found = "NVML recommends action " + text(*action);
    if (*action < recovery_actions.size())
      found += std::string(" (") + recovery_actions[*action] + ")";
    if (record.before.recovery_action == 0u) found += ", and did not before the run";
    return failed(name, found, *action == reboot_action ? reboot : reset);
  }
  if (!record.after.recovery_action) return untold(name, record);
  return passed(name, "none");
}

Check row_remapping(const HealthRecord& record) {
  const std::string name = "row remapping";
  const auto rows = latest(record, &GpuHealth::remapped_rows);
  if (!rows) return untold(name, record);
  const bool too_many = rows->uncorrectable >= most_uncorrectable_rows;
  std::string found = text(rows->correctable) + " rows after correctable errors, " +
                      text(rows->uncorrectable) + " after uncorrectable ones (limit " +
                      text(most_uncorrectable_rows) + ")";
  if (const auto& before = record.before.remapped_rows;
      before && before->uncorrectable != rows->uncorrectable)
    found += ", " + text(before->uncorrectable) + " before the run";
  if (rows->pending) found += ", some pending";
  if (rows->failed) found += ", a remapping failed";
  if (rows->failed || too_many) return failed(name, found, replace);
  if (rows->pending) return failed(name, found, reset);
  if (!record.after.remapped_rows) return untold(name, record);
  return passed(name, found);
}

Check retired_pages(const HealthRecord& record) {
  const std::string name = "retired pages";
  const auto pages = latest(record, &GpuHealth::retired_pages);
  const auto pending = latest(record, &GpuHealth::retirement_pending);
  std::string found;
  if (pages) list(found, text(*pages) + " (limit " + text(most_retired_pages) + ")");
  if (pending) list(found, *pending ? "some pending" : "none pending");
  if (pages.value_or(0) >= most_retired_pages) return failed(name, found, replace);
  if (pending.value_or(false)) return failed(name, found, reset);
  if (!record.after.retired_pages || !record.after.retirement_pending) return untold(name, record);
  return passed(name, found);
}

Check double_bit_errors(const HealthRecord& record) {
  const std::string name = "double-bit errors";
  const auto& before = record.before.double_bit_errors;
  const auto& after = record.after.double_bit_errors;
  if (before && after && *after > *before)
    return failed(name, text(*after - *before) + " during the run, " + text(*before) + " before",
                  reset);
  if (const auto count = latest(record, &GpuHealth::double_bit_errors); count.value_or(0) > 0)
    return warned(name,
                  text(*count) + " since the driver was loaded, " +
                      (before && after ? "none during the run" : "when is unknown"),
                  reset);
  if (!after) return untold(name, record);
  return passed(name, "none since the driver was loaded");
}

// What usually is the application's is a warning, too: here the application is known to be sound,
// and who shares the GPU with one that is not wants to know.
Check xids(const HealthRecord& record) {
  const std::string name = "Xid";
  std::string hardware;
  std::string applications;
  std::string others;
  for (const Xid& xid : record.xids)
    list(is_hardware_xid(xid.number)      ? hardware
         : is_application_xid(xid.number) ? applications
                                          : others,
         shown(xid));
  std::string found;
  if (!hardware.empty()) list(found, hardware + ": of the hardware");
  if (!others.empty()) list(found, others);
  if (!applications.empty()) list(found, applications + ": usually an application's");
  if (!hardware.empty()) return failed(name, found, reboot);
  if (!others.empty()) return warned(name, found, "look it up in NVIDIA's list of Xids");
  if (!applications.empty())
    return warned(name, found, "look in the kernel's log whose process it was: dmesg | grep Xid");
  if (record.unanswered || fell_silent(record)) return untold(name, record);
  if (!record.xids_watched)
    return unknown(name, "neither NVML nor the kernel's log could be asked");
  return passed(name, "none during the run");
}

}  // namespace mnist::health
