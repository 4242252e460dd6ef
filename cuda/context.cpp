#include "cuda/context.hpp"

#include "base/error.hpp"
#include "cuda/version_text.hpp"

namespace mnist::cuda {
namespace {

// What cuBLAS takes for itself where it is given nothing: see its documentation of
// cublasSetWorkspace(). Ours is never shared with another handle or stream, so that the kernels
// that it picks do not depend on what else runs.
std::size_t cublas_workspace_size(const cudaDeviceProp& gpu) {
  constexpr std::size_t mebibyte = 1 << 20;
  return gpu.major >= 9 ? 32 * mebibyte : 4 * mebibyte;
}

template <class Library>
std::string version_of(const Library& library, const char* name) {
  int parts[3]{};
  constexpr libraryPropertyType kinds[]{MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL};
  for (int i = 0; i < 3; ++i)
    check(library, library.get_property(kinds[i], &parts[i]), "asking for a library's version");
  return std::string(name) + " " + std::to_string(parts[0]) + "." + std::to_string(parts[1]) + "." +
         std::to_string(parts[2]);
}

std::string mebibytes(std::size_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

}  // namespace

Context::Context(int gpu, Precision precision, const Libraries& libraries)
    : gpu_(gpu),
      precision_(precision),
      libraries_(libraries),
      cublas_handle_(nullptr, libraries.cublas.destroy),
      cudnn_handle_(nullptr, libraries.cudnn.destroy) {
  make_current();
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, gpu_), "asking for the GPU's properties");
  gpu_name_ = properties.name;

  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  stream_.reset(stream);

  const Cublas& blas = cublas();
  cublas_workspace_ = allocate<std::byte>(cublas_workspace_size(properties), "cuBLAS's workspace");
  cublasHandle_t blas_handle = nullptr;
  check(blas, blas.create(&blas_handle), "starting cuBLAS");
  cublas_handle_.reset(blas_handle);
  check(blas, blas.set_stream(blas_handle, stream), "giving cuBLAS its stream");
  // After the stream: setting that resets the workspace.
  check(blas, blas.set_workspace(blas_handle, cublas_workspace_.data(), cublas_workspace_.size()),
        "giving cuBLAS its workspace");
  check(blas,
        blas.set_math_mode(blas_handle, precision_ == Precision::tf32 ? CUBLAS_TF32_TENSOR_OP_MATH
                                                                      : CUBLAS_DEFAULT_MATH),
        "setting cuBLAS's math mode");

  cudnnHandle_t dnn_handle = nullptr;
  check(cudnn(), cudnn().create(&dnn_handle), "starting cuDNN");
  cudnn_handle_.reset(dnn_handle);
  check(cudnn(), cudnn().set_stream(dnn_handle, stream), "giving cuDNN its stream");
}

void Context::make_current() const {
  check(cudaSetDevice(gpu_), "choosing GPU " + std::to_string(gpu_));
}

void Context::synchronize() const { check(cudaStreamSynchronize(stream()), "waiting for the GPU"); }

std::vector<std::string> Context::library_versions() const {
  int runtime = 0;
  check(cudaRuntimeGetVersion(&runtime), "asking for CUDA's version");
  return {"CUDA " + version_text(runtime), version_of(cublas(), "cuBLAS"),
          version_of(cudnn(), "cuDNN")};
}

void* Context::allocate_bytes(std::size_t bytes, std::string_view what) const {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes),
        "taking " + mebibytes(bytes) + " of GPU memory for " + std::string(what));
  Owned<std::byte*, cudaFree> owned(static_cast<std::byte*>(memory));
  check(cudaMemsetAsync(memory, 0, bytes, stream()), "clearing " + std::string(what));
  return owned.release();
}

void* take_page_locked(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t status = cudaMallocHost(&memory, bytes);
  const std::string doing = "taking " + mebibytes(bytes) + " of page-locked memory of the host";
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    throw Error(ExitCode::failed, doing + " failed: there is none left",
                "give the process more memory (control groups), or take a smaller --batch_size");
  }
  check(status, doing);
  return memory;
}

void Context::copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                   std::string_view what) const {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to, from, bytes, kind, stream()), "copying " + std::string(what));
}

}  // namespace mnist::cuda
