#include "verdict/cause.hpp"

#include <algorithm>

namespace mnist {

bool Case::has_device(std::string_view path) const {
  return std::ranges::count(seen.device_files, path, &DeviceFile::path) > 0;
}

bool Case::has_gpu_device() const {
  constexpr std::string_view before_number = "/dev/nvidia";
  return std::ranges::any_of(seen.device_files, [&](const DeviceFile& file) {
    return file.path.size() > before_number.size() &&
           file.path.find_first_not_of("0123456789", before_number.size()) == file.path.npos;
  });
}

const std::string& Case::driver() const {
  return seen.kernel_driver.empty() ? seen.nvml_driver : seen.kernel_driver;
}

const Generation* Case::generation() const {
  return seen.pci_gpus.empty() ? nullptr : generation_of(seen.pci_gpus.front().device_id);
}

int Case::compute() const {
  if (seen.gpu) return seen.gpu->compute_major * 10 + seen.gpu->compute_minor;
  return generation() ? generation()->least_compute : 0;
}

const Build* Case::other_build() const {
  for (const Build& build : builds()) {
    const bool driver_runs_it = driver().empty() ? failure.driver_cuda / 1000 >= build.cuda_major
                                                 : !is_older(driver(), build.least_driver);
    const bool is_this_one = build.cuda_major == failure.runtime_cuda / 1000;
    if (driver_runs_it && !is_this_one && (compute() == 0 || has_code(build, compute())))
      return &build;
  }
  return nullptr;
}

Verdict Case::verdict(std::string evidence, std::string remedy) const {
  return {code, cause, std::move(evidence), std::move(remedy)};
}

}  // namespace mnist
