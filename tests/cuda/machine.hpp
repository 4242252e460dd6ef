// A machine with GPUs that are not there. The stand-ins for CUDA's runtime, cuBLAS and cuDNN keep
// all they know here, for tests to set and to look at.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cuda/calls.hpp"
#include "cuda/device_memory.hpp"
#include "cuda/libraries.hpp"
#include "cuda/streams.hpp"
#include "engine/engine.hpp"

namespace mnist::cuda {

struct CublasHandle {
  int gpu = 0;
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t workspace_bytes = 0;
  cublasMath_t math = CUBLAS_DEFAULT_MATH;
};

struct CudnnHandle {
  int gpu = 0;
  cudaStream_t stream = nullptr;
};

// Of a tensor or a filter in NCHW order; all zero until it is set.
struct Sizes {
  int images = 0;  // filters
  int channels = 0;
  int height = 0;
  int width = 0;
  std::size_t count() const {
    return static_cast<std::size_t>(images) * static_cast<std::size_t>(channels) *
           static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  bool operator==(const Sizes&) const = default;
};

struct Convolution {
  bool set = false;
  std::array<int, 2> padding{};  // of rows, of columns; likewise the others
  std::array<int, 2> stride{};
  std::array<int, 2> dilation{};
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

struct Activation {
  bool set = false;
  bool propagates_nan = false;
};

struct Machine {
  // For tests to set.
  int gpu_count = 2;
  int first_gpu = 0;                 // of those that there are, where others before it are hidden
  std::string name_of_gpus;          // of all; empty: each has a name of its own
  int driver_cuda = CUDART_VERSION;  // the newest CUDA that the driver can run
  int compute_capability_major = 8;
  std::size_t memory_of_gpu = std::size_t{4} << 30;
  // Of every GPU; 0 is what is not here.
  std::map<cudaDeviceAttr, int> attributes{{cudaDevAttrClockRate, 1'500'000},
                                           {cudaDevAttrMemoryClockRate, 1'500'000}};
  Precision precision = Precision::fp32;  // products in less are refused
  bool has_precomputed_gemm = true;       // cuDNN's IMPLICIT_PRECOMP_GEMM, for any shape
  // Products of more additions take too long here; they are left undone.
  std::size_t largest_product = std::numeric_limits<std::size_t>::max();
  Calls calls;

  // For tests to look at.
  std::vector<std::string> refusals;  // the reason of each
  // What is neither freed nor destroyed, in words.
  std::vector<std::string> leftovers();

  // For the stand-ins.
  int& current_gpu() { return current_gpus[std::this_thread::get_id()]; }
  void submit(cudaStream_t stream, Work work) {
    streams.submit(stream, current_gpu(), std::move(work));
  }

  std::mutex mutex;
  std::map<std::thread::id, int> current_gpus;
  cudaError_t last_error = cudaSuccess;
  DeviceMemory memory;
  Streams streams{memory};
  std::list<std::vector<std::byte>> page_locked;
  Handles<cublasHandle_t, CublasHandle> cublas{"cuBLAS handle"};
  Handles<cudnnHandle_t, CudnnHandle> cudnn{"cuDNN handle"};
  Handles<cudnnTensorDescriptor_t, Sizes> tensors{"tensor descriptor"};
  Handles<cudnnFilterDescriptor_t, Sizes> filters{"filter descriptor"};
  Handles<cudnnConvolutionDescriptor_t, Convolution> convolutions{"convolution descriptor"};
  Handles<cudnnActivationDescriptor_t, Activation> activations{"activation descriptor"};
};

// The machine that the stand-ins' functions, which have no argument for it, work on: a new one for
// each test, which fails if it leaves anything behind in it, or refusals that it did not take.
Machine& machine();
// Throws the old one away.
void renew_machine();

// The tables of the stand-ins.
Cublas stand_in_cublas();
Cudnn stand_in_cudnn();
inline Libraries stand_in_libraries() { return {stand_in_cublas(), stand_in_cudnn()}; }

}  // namespace mnist::cuda
