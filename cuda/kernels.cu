#include "cuda/kernels.hpp"

namespace mnist::cuda {
namespace {

constexpr std::uint32_t threads_per_block = 256;

template <class Body>
__global__ void __launch_bounds__(threads_per_block) for_each_piece(Body body, std::size_t count) {
  const std::size_t index = std::size_t{blockIdx.x} * threads_per_block + threadIdx.x;
  if (index < count) body(static_cast<std::uint32_t>(index));
}

template <class Body>
cudaError_t launch_all(const Body& body, cudaStream_t stream) {
  const std::size_t count = body.count();
  if (count > most_pieces) return cudaErrorInvalidValue;
  const std::size_t blocks = (count + threads_per_block - 1) / threads_per_block;
  for_each_piece<<<static_cast<unsigned>(blocks), threads_per_block, 0, stream>>>(body, count);
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch(const GatherImages& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const SoftmaxLoss& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const AdamUpdate& body, cudaStream_t stream) { return launch_all(body, stream); }
cudaError_t launch(const ApplyDropout& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const MaxPoolForward& body, cudaStream_t stream) {
  return launch_all(body, stream);
}
cudaError_t launch(const MaxPoolBackward& body, cudaStream_t stream) {
  return launch_all(body, stream);
}

}  // namespace mnist::cuda
