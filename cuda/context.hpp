// One GPU as one engine uses it: its stream, its library handles, and what makes its numbers the
// same every time.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cuda/check.hpp"
#include "cuda/libraries.hpp"
#include "cuda/owned.hpp"
#include "engine/engine.hpp"

namespace mnist::cuda {

// What cuDNN and cuBLAS scale a result by, and what was there before.
inline constexpr float one = 1;
inline constexpr float zero = 0;

// Memory for `size` values of one GPU, zero at first. Made by a Context, and for use with it alone.
template <class Value>
class DeviceArray {
 public:
  DeviceArray() = default;

  Value* data() const { return values_.get(); }
  std::size_t size() const { return size_; }

 private:
  friend class Context;
  DeviceArray(void* memory, std::size_t size) : values_(static_cast<Value*>(memory)), size_(size) {}

  Owned<Value*, cudaFree> values_;
  std::size_t size_ = 0;
};

// The host's, to be given back by cudaFreeHost(). Throws Error, of the host's code where it is the
// host that has none.
void* take_page_locked(std::size_t bytes);

// Page-locked host memory, which the GPU reads and writes while the host goes on.
template <class Value>
class PinnedArray {
 public:
  explicit PinnedArray(std::size_t size)
      : values_(static_cast<Value*>(take_page_locked(size * sizeof(Value)))), size_(size) {}

  std::span<Value> values() const { return {values_.get(), size_}; }

 private:
  Owned<Value*, cudaFreeHost> values_;
  std::size_t size_ = 0;
};

// The determinism of the CUDA engine is settled here and in conv2d.cpp: one stream, a workspace of
// our own for cuBLAS, a fixed math mode. Everything below is queued on the one stream.
class Context {
 public:
  // GPU number `gpu` of those that CUDA shows. Throws Error.
  Context(int gpu, Precision precision, const Libraries& libraries);

  // To be called at the start of every verb: which GPU is current is a matter of the thread.
  void make_current() const;
  // Waits until everything queued is done. Throws what went wrong in it.
  void synchronize() const;

  cudaStream_t stream() const { return stream_.get(); }
  const Cublas& cublas() const { return libraries_.cublas; }
  const Cudnn& cudnn() const { return libraries_.cudnn; }
  cublasHandle_t cublas_handle() const { return cublas_handle_.get(); }
  cudnnHandle_t cudnn_handle() const { return cudnn_handle_.get(); }
  Precision precision() const { return precision_; }

  const std::string& gpu_name() const { return gpu_name_; }
  // "CUDA 13.0", "cuBLAS 13.0.2", "cuDNN 9.19.0": of what is run with.
  std::vector<std::string> library_versions() const;

  // `what` it is for ("the training images") stands in the Error of a GPU without room for it.
  template <class Value>
  DeviceArray<Value> allocate(std::size_t size, std::string_view what) const {
    return {allocate_bytes(size * sizeof(Value), what), size};
  }
  // The host's values are free to change when this returns, unless they are page-locked.
  template <class Value>
  void upload(std::type_identity_t<std::span<const Value>> values, const DeviceArray<Value>& to,
              std::string_view what) const {
    copy(to.data(), values.data(), values.size_bytes(), cudaMemcpyHostToDevice, what);
  }
  // The values are there after synchronize().
  template <class Value>
  void download(const DeviceArray<Value>& from, std::span<Value> values,
                std::string_view what) const {
    download(static_cast<const Value*>(from.data()), values, what);
  }
  template <class Value>
  void download(const Value* from, std::span<Value> values, std::string_view what) const {
    copy(values.data(), from, values.size_bytes(), cudaMemcpyDeviceToHost, what);
  }

 private:
  void* allocate_bytes(std::size_t bytes, std::string_view what) const;
  void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
            std::string_view what) const;

  int gpu_;
  Precision precision_;
  Libraries libraries_;
  std::string gpu_name_;
  Stream stream_;
  DeviceArray<std::byte> cublas_workspace_;  // outlives the handle
  LibraryOwned<cublasHandle_t, cublasStatus_t> cublas_handle_;
  LibraryOwned<cudnnHandle_t, cudnnStatus_t> cudnn_handle_;
};

}  // namespace mnist::cuda
