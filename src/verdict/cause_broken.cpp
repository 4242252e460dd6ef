#include "verdict/cause.hpp"
#include "verdict/finding.hpp"
#include "verdict/xid_meaning.hpp"

namespace mnist {
namespace {

// By the number of NVML's recovery action.
std::string recovery(unsigned action) {
  switch (action) {
    case 1:
      return "reset the GPU (nvidia-smi --gpu-reset)";
    case 2:
      return "reboot the node";
    case 3:
      return "drain the node of what uses its GPUs together";
    case 4:
      return "drain the node and reset the GPU (nvidia-smi --gpu-reset)";
    default:
      return "take the GPU out of service and reset it";
  }
}

std::string search_for_xid(const Case& c) { return "look for an Xid in dmesg" + c.on_host(); }

}  // namespace

bool broke_in_run(const Evidence& seen) {
  return hardware_xid_of_run(seen) != nullptr || seen.new_double_bit_errors;
}

Verdict broken_gpu(const Case& c) {
  const Xid* const xid = telling_xid(c.seen);
  const auto action = c.seen.recovery_action.value_or(0);
  return c.verdict(
      joined({call_finding(c.failure), xid ? xid_finding(*xid) : "no Xid to be read",
              c.seen.new_double_bit_errors ? "new double-bit memory errors" : "",
              c.seen.recovery_action ? "NVML's recovery action " + std::to_string(action) : ""}),
      recovery(action) + "; have it replaced if it fails again");
}

// After it no call of this process works, and nothing is tried again in it.
Verdict kernel_fault(const Case& c) {
  if (broke_in_run(c.seen))
    return broken_gpu({c.failure, c.seen, ExitCode::hardware_fault, "a GPU that failed"});
  const Xid* xid = telling_xid(c.seen);
  if (xid && xid->before_run) xid = nullptr;
  const std::string report = "report it, with what --verbose prints";
  if (xid && is_application_xid(xid->number))
    return c.verdict(joined({call_finding(c.failure),
                             xid_finding(*xid) + ", which is usually the program's own"}),
                     report);
  return c.verdict(joined({call_finding(c.failure), xid ? xid_finding(*xid) : "no Xid to be read"}),
                   search_for_xid(c) + ", and if there is none, " + report);
}

Verdict other_failure(const Case& c) {
  if (broke_in_run(c.seen))
    return broken_gpu({c.failure, c.seen, ExitCode::hardware_fault, "a GPU that failed"});
  const Xid* const xid = telling_xid(c.seen);
  return c.verdict(
      joined({c.failure.doing + " failed: " + c.failure.status_text, xid ? xid_finding(*xid) : ""}),
      "look the error up in NVIDIA's documentation, and " + search_for_xid(c));
}

}  // namespace mnist
