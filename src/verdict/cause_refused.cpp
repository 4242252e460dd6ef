#include "verdict/cause.hpp"

#include <algorithm>

#include "verdict/check.hpp"
#include "verdict/finding.hpp"

namespace mnist {
namespace {

std::string mps_finding(const Case& c) {
  return joined({call_finding(c.failure), variable_finding(c.seen, "CUDA_MPS_PIPE_DIRECTORY")});
}

Verdict lost_devices(Case c) {
  c.cause = "devices that this container has lost";
  return c.verdict(joined({call_finding(c.failure), refusal_finding(c.seen)}),
                   std::string(lost_devices_remedy));
}

}  // namespace

Verdict fabric_not_ready(const Case& c) {
  return c.verdict(
      joined({call_finding(c.failure), c.driver().empty() ? "" : "driver " + c.driver()}),
      "start nvidia-fabricmanager " +
          (c.driver().empty() ? "of the driver's version" : c.driver()) + c.on_host() +
          "; systemctl status nvidia-fabricmanager says how it is");
}

Verdict mps_not_ready(const Case& c) {
  return c.verdict(mps_finding(c),
                   "look at MPS" + c.on_host() +
                       ": whether nvidia-cuda-mps-control runs, its log, CUDA_MPS_PIPE_DIRECTORY");
}

Verdict mps_full(const Case& c) {
  return c.verdict(mps_finding(c), "wait for the GPU's other clients, or give MPS fewer of them");
}

Verdict in_use(const Case& c) {
  const auto& mode = c.seen.compute_mode;
  std::string remedy = "look at its compute mode (nvidia-smi -q -d COMPUTE) and at MPS's limits";
  if (mode && *mode != "default")
    remedy = "wait for its user, whom nvidia-smi names, or set nvidia-smi -c DEFAULT" + c.on_host();
  else if (c.seen.place.kubernetes)
    remedy = "give the pod the nvidia runtime class, and look at MPS's limits";
  return c.verdict(joined({call_finding(c.failure), "compute mode " + mode.value_or("unknown"),
                           users_finding(c.seen)}),
                   remedy);
}

Verdict out_of_memory(const Case& c) {
  return c.verdict(
      joined({call_finding(c.failure), memory_finding(c.failure), users_finding(c.seen)}),
      "free the GPU's memory (nvidia-smi lists its users), or take a smaller --batch_size");
}

std::optional<Verdict> refused_devices(const Case& c) {
  constexpr int unknown_error_of_nvml = 999;
  const auto refuses_whom_it_permits = [](const DeviceFile& file) {
    return !file.usable && file.mode.ends_with("rw-");
  };
  if (c.in_container() && (c.seen.nvml_status == unknown_error_of_nvml ||
                           std::ranges::any_of(c.seen.device_files, refuses_whom_it_permits)))
    return lost_devices(c);
  const std::string refused = refusal_finding(c.seen);
  if (refused.empty()) return std::nullopt;
  return Verdict{c.code, "no permission to open the GPU's device files",
                 joined({call_finding(c.failure), refused}),
                 "let this user read and write /dev/nvidia*, as by their group" + c.on_host()};
}

Verdict no_permission(const Case& c) {
  if (auto refused = refused_devices(c)) return *refused;
  const std::string found =
      joined({call_finding(c.failure), device_finding(c.seen),
              "seccomp " + (c.seen.seccomp.empty() ? "unknown" : c.seen.seccomp),
              c.in_container() ? "in a container (" + c.seen.place.container + ")"
                               : "not in a container"});
  const std::string others = "SELinux (ausearch -m avc) and the control group's device rules";
  if (c.seen.seccomp == "filter")
    return c.verdict(found,
                     "try without the seccomp profile (--security-opt seccomp=unconfined), "
                     "then look at " +
                         others + c.on_host());
  return c.verdict(found, "look at " + others + c.on_host());
}

Verdict lost_control_group(const Case& c) {
  return c.in_container() ? lost_devices(c) : no_permission(c);
}

Verdict unknown_error(const Case& c) {
  if (!c.in_container() || refusal_finding(c.seen).empty()) return other_failure(c);
  return lost_devices({c.failure, c.seen, ExitCode::permission, c.cause});
}

}  // namespace mnist
