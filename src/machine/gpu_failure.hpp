// What a library of NVIDIA's answered where it did not do what it was asked, as facts.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace mnist {

// The loader stands for a library that could not be opened, or that lacks a function.
enum class GpuLibrary { cuda, cublas, cudnn, nvml, loader };

struct GpuFailureFacts {
  GpuLibrary library = GpuLibrary::cuda;
  int status = 0;           // as the library numbers it; 0 of the loader
  std::string status_text;  // "cudaErrorNoDevice (100), no CUDA-capable device is detected"
  std::string doing;        // "counting the GPUs"
  std::string wanted;       // of the loader: what is to be installed, "cuDNN 9 for CUDA 13"
  int driver_cuda = 0;      // the newest CUDA that the driver can run, as 12040; 0 without a driver
  int runtime_cuda = 0;     // the CUDA of this build
  std::string architectures;  // that this build has code for: "75 80 90"
  std::optional<std::uint64_t> free_memory_bytes;
  std::optional<std::uint64_t> total_memory_bytes;
};

// Thrown where it happens; what it means depends on the machine, and is for verdict/diagnosis to
// say. Until then it counts as `failed`.
class GpuFailure : public Error {
 public:
  explicit GpuFailure(GpuFailureFacts facts,
                      std::source_location where = std::source_location::current())
      : Error(ExitCode::failed, facts.doing + " failed: " + facts.status_text, "", where),
        facts_(std::move(facts)) {}

  const GpuFailureFacts& facts() const noexcept { return facts_; }

 private:
  GpuFailureFacts facts_;
};

}  // namespace mnist
