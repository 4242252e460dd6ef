#include "verdict/cause.hpp"
#include "verdict/finding.hpp"

namespace mnist {
namespace {

std::string use(const Build& build) {
  return "use the build or image for CUDA " + std::string(build.cuda);
}

// In place of this one: a build for the GPU, with a driver where this one does not run it. Empty
// for none.
std::string use_another(const Case& c) {
  if (const Build* const build = c.other_build()) return use(*build);
  for (const Build& build : builds())
    if (&build != c.this_build() && c.suits_gpu(build))
      return use(build) + ", and install a driver " + std::string(build.least_driver) +
             " or newer" + c.on_host();
  return "";
}

// The generation alone does not tell which of its architectures it is.
std::string architecture_finding(const Case& c) {
  if (c.compute() == 0) return "this GPU's architecture is unknown";
  const std::string architecture = "sm_" + std::to_string(c.compute());
  if (c.seen.gpu) return "this GPU (" + c.seen.gpu->name + ") is " + architecture;
  return "this GPU (" + std::string(c.generation()->name) + ") is " + architecture + " or above";
}

}  // namespace

// CUDA says the same of a driver that is not there.
Verdict insufficient_driver(const Case& c) {
  if (c.failure.driver_cuda > 0) return old_driver(c);
  return no_libcuda({c.failure, c.seen, ExitCode::no_gpu, "a driver whose libcuda is not here"});
}

Verdict old_driver(const Case& c) {
  const std::string cuda = "CUDA " + cuda_text(c.failure.runtime_cuda);
  const Build* const build = c.this_build();
  std::string wanted = "that runs " + cuda;
  // What runs an older CUDA of the same number may still lack what this one calls, and so may, of
  // the same CUDA, an older driver.
  if (build && !c.driver_runs(*build))
    wanted = std::string(build->least_driver) + " or newer";
  else if (c.failure.driver_cuda >= c.failure.runtime_cuda)
    wanted = c.driver().empty() ? "that is newer" : "newer than " + c.driver();
  std::string remedy;
  if (build && !c.suits_gpu(*build)) {
    const Generation* const gpu = c.generation();
    remedy = use_another(c);
    if (gpu && !remedy.empty())
      remedy += c.has_driver_for(*build) ? ": this one has no code for " + std::string(gpu->name)
                                         : ": branch " + std::to_string(gpu->last_branch) +
                                               " is the last driver for " + std::string(gpu->name);
  }
  if (remedy.empty()) {
    remedy = "install a driver " + wanted + c.on_host();
    if (const Build* const other = c.other_build()) remedy += ", or " + use(*other);
  }
  return c.verdict(joined({call_finding(c.failure), driver_finding(c.failure, c.driver()),
                           "this build has " + cuda + " and needs a driver " + wanted}),
                   remedy);
}

// The CUDA that it can run is the compat library's, not the driver's own.
Verdict unsupported_compat(const Case& c) {
  Verdict verdict = old_driver(c);
  verdict.evidence =
      joined({call_finding(c.failure), c.driver().empty() ? "" : "driver " + c.driver(),
              c.seen.libcuda, "this build has CUDA " + cuda_text(c.failure.runtime_cuda)});
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
                     "restart the container, and keep the driver's libraries out of its image; if "
                     "the node's driver was upgraded while it ran, restart the node");
  return c.verdict(found,
                   "restart the machine, or load the nvidia modules anew: the driver was upgraded "
                   "while its old modules ran");
}

// Whoever builds it may have left out architectures that its CUDA can.
Verdict not_in_build(const Case& c) {
  const Build* const this_build = c.this_build();
  const bool could_be_built =
      c.compute() == 0 || (this_build && has_code(*this_build, c.compute()));
  const std::string another = could_be_built ? "" : use_another(c);
  return c.verdict(joined({call_finding(c.failure), "this build has sm_" + c.failure.architectures,
                           architecture_finding(c)}),
                   !another.empty()
                       ? another
                       : "build it with this GPU's architecture in MNIST_CUDA_ARCHITECTURES" +
                             (c.seen.gpu ? ": " + std::to_string(c.compute()) : ""));
}

// The build may have code for a GPU that a newer cuDNN has left behind.
Verdict not_in_library(const Case& c) {
  const Build* const this_build = c.this_build();
  const Build* const other = c.other_build();
  const std::string found = joined({call_finding(c.failure), architecture_finding(c)});
  if (this_build && c.compute() > 0 && has_code(*this_build, c.compute()) && c.compute() < 75)
    return c.verdict(found, c.compute() < 50
                                ? "install cuDNN 8.7.0, the last with code for the K80"
                                : "install cuDNN 9.10, the last with code for sm_50 to sm_70");
  return c.verdict(found, other ? use(*other) : "install a newer cuDNN and cuBLAS");
}

}  // namespace mnist
