#include "verdict/cause.hpp"
#include "verdict/finding.hpp"

namespace mnist {
namespace {

std::string use(const Build& build) {
  return "use the build or image for CUDA " + std::string(build.cuda);
}

std::string architecture_finding(const Case& c) {
  if (c.compute() == 0) return "this GPU's architecture is unknown";
  const std::string name = c.seen.gpu ? " (" + c.seen.gpu->name + ")" : "";
  return "this GPU" + name + " is sm_" + std::to_string(c.compute());
}

}  // namespace

// CUDA says the same of a driver that is not there.
Verdict insufficient_driver(const Case& c) {
  if (c.failure.driver_cuda > 0) return old_driver(c);
  return no_libcuda({c.failure, c.seen, ExitCode::no_gpu, "a driver whose libcuda is not here"});
}

Verdict old_driver(const Case& c) {
  const std::string cuda = "CUDA " + cuda_text(c.failure.runtime_cuda);
  const Build* const this_build = build_of(c.failure.runtime_cuda / 1000);
  const Build* const other = c.other_build();
  const Generation* const gpu = c.generation();
  // What runs an older CUDA of the same number may still lack what this one calls.
  const bool least_is_there =
      !c.driver().empty() && this_build && !is_older(c.driver(), this_build->least_driver);
  const std::string wanted = !this_build || least_is_there
                                 ? "that runs " + cuda
                                 : std::string(this_build->least_driver) + " or newer";
  const bool gpu_has_no_newer =
      gpu && gpu->last_branch > 0 && this_build &&
      is_older(std::to_string(gpu->last_branch + 1), this_build->least_driver);
  std::string remedy = "install a driver " + wanted + c.on_host();
  if (other) remedy += ", or " + use(*other);
  if (other && gpu_has_no_newer)
    remedy = use(*other) + ": branch " + std::to_string(gpu->last_branch) +
             " is the last driver for " + std::string(gpu->name);
  return c.verdict(joined({call_finding(c.failure), driver_finding(c.failure, c.driver()),
                           "this build has " + cuda + " and needs a driver " + wanted}),
                   remedy);
}

Verdict unsupported_compat(const Case& c) {
  Verdict verdict = old_driver(c);
  verdict.evidence = joined({verdict.evidence, c.seen.libcuda});
  verdict.remedy += ", or take the compat folder out of LD_LIBRARY_PATH";
  return verdict;
}

Verdict stub_library(const Case& c) {
  return c.verdict(joined({call_finding(c.failure), c.seen.libcuda,
                           variable_finding(c.seen, "LD_LIBRARY_PATH")}),
                   "take the toolkit's lib/stubs out of LD_LIBRARY_PATH");
}

bool is_compat(const std::string& libcuda) { return libcuda.find("/compat/") != libcuda.npos; }

Verdict mismatch(const Case& c) {
  const std::string found =
      joined({call_finding(c.failure), c.seen.libcuda.empty() ? "" : c.seen.libcuda + " was loaded",
              c.seen.kernel_driver.empty() ? "the kernel does not tell its driver's version"
                                           : "the kernel has driver " + c.seen.kernel_driver});
  if (is_compat(c.seen.libcuda))
    return c.verdict(found, "take the compat folder out of LD_LIBRARY_PATH, or upgrade the driver" +
                                c.on_host());
  if (c.in_container())
    return c.verdict(found,
                     "restart the container, and keep the driver's libraries out of its image");
  return c.verdict(found,
                   "restart the machine, or load the nvidia modules anew: the driver was upgraded "
                   "while its old modules ran");
}

Verdict not_in_build(const Case& c) {
  const std::string found =
      joined({call_finding(c.failure), "this build has sm_" + c.failure.architectures,
              architecture_finding(c)});
  if (const Build* const other = c.other_build()) return c.verdict(found, use(*other));
  return c.verdict(found, "build it with this GPU's architecture in MNIST_CUDA_ARCHITECTURES" +
                              (c.compute() > 0 ? ": " + std::to_string(c.compute()) : ""));
}

// The build may have code for a GPU that a newer cuDNN has left behind.
Verdict not_in_library(const Case& c) {
  const Build* const this_build = build_of(c.failure.runtime_cuda / 1000);
  const Build* const other = c.other_build();
  const std::string found = joined({call_finding(c.failure), architecture_finding(c)});
  if (this_build && c.compute() > 0 && has_code(*this_build, c.compute()) && c.compute() < 75)
    return c.verdict(found, c.compute() < 50
                                ? "install cuDNN 8.7.0, the last with code for the K80"
                                : "install cuDNN 9.10, the last with code for sm_50 to sm_70");
  return c.verdict(found, other ? use(*other) : "install a newer cuDNN and cuBLAS");
}

}  // namespace mnist
