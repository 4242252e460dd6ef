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
  const Generation* newest = nullptr;
  for (const PciGpu& gpu : seen.pci_gpus) {
    const Generation* const one = generation_of(gpu.device_id);
    if (one && (!newest || one->least_compute > newest->least_compute)) newest = one;
  }
  return newest;
}

int Case::compute() const {
  if (seen.gpu) return seen.gpu->compute_major * 10 + seen.gpu->compute_minor;
  return generation() ? generation()->least_compute : 0;
}

bool Case::driver_runs(const Build& build) const {
  return driver().empty() ? failure.driver_cuda / 1000 >= build.cuda_major
                          : !is_older(driver(), build.least_driver);
}

bool Case::has_driver_for(const Build& build) const {
  const Generation* const gpu = generation();
  return !gpu || gpu->last_branch == 0 ||
         !is_older(std::to_string(gpu->last_branch + 1), build.least_driver);
}

bool Case::suits_gpu(const Build& build) const {
  return has_driver_for(build) && (compute() == 0 || has_code(build, compute()));
}

const Build* Case::this_build() const { return build_of(failure.runtime_cuda / 1000); }

const Build* Case::other_build() const {
  for (const Build& build : builds())
    if (&build != this_build() && driver_runs(build) && suits_gpu(build)) return &build;
  return nullptr;
}

Verdict Case::verdict(std::string evidence, std::string remedy) const {
  return {code, cause, std::move(evidence), std::move(remedy)};
}

}  // namespace mnist
