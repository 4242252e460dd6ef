// One owner for every handle of the CUDA runtime.
#pragma once

#include <cuda_runtime_api.h>

#include <memory>
#include <type_traits>

namespace mnist::cuda {

// A failure to destroy has nobody to tell: destructors never throw, and the next launch is not to
// find it as its own.
template <auto Destroy>
struct Destroyer {
  template <class Handle>
  void operator()(Handle handle) const noexcept {
    if (Destroy(handle) != cudaSuccess) (void)cudaGetLastError();
  }
};

template <class Handle, auto Destroy>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Destroyer<Destroy>>;

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using Event = Owned<cudaEvent_t, cudaEventDestroy>;
using Graph = Owned<cudaGraph_t, cudaGraphDestroy>;
using GraphExec = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;

// A handle of a library that was opened at run time, whose way to destroy it is known only then.
template <class Handle, class Status>
using LibraryOwned = std::unique_ptr<std::remove_pointer_t<Handle>, Status (*)(Handle)>;

}  // namespace mnist::cuda
