// The twin of the CUDA engine, for builds without CUDA.
#include "base/error.hpp"
#include "cuda/cuda_engine.hpp"

namespace mnist {
namespace {

[[noreturn]] void refuse() {
  throw Error(ExitCode::no_gpu, "this build of mnist-demo has no CUDA engine",
              "use a build that has one, or --device cpu to train without a GPU");
}

}  // namespace

bool has_cuda_engine() { return false; }

std::string cuda_build() { return "none"; }

std::vector<Gpu> discover_gpus() { refuse(); }

void require_cuda_libraries(const CudaLibraryFolders& /*folders*/) { refuse(); }

std::unique_ptr<Engine> make_cuda_engine(const EngineConfig& /*config*/, int /*gpu*/,
                                         const CudaLibraryFolders& /*folders*/) {
  refuse();
}

Bandwidth measure_bandwidth(const Gpu& /*gpu*/, Precision /*precision*/,
                            const CudaLibraryFolders& /*folders*/) {
  refuse();
}

}  // namespace mnist
