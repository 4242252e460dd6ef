#include "report/result.hpp"

namespace mnist {

const Gpu* gpu_of(const RunResult& result) {
  if (result.devices.size() == 1 && result.devices[0].gpu) return &*result.devices[0].gpu;
  return result.evidence && result.evidence->gpu ? &*result.evidence->gpu : nullptr;
}

}  // namespace mnist
