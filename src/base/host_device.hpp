// Marks the formulas that CUDA kernels share with the host.
#pragma once

#if defined(__CUDACC__)
#define MNIST_HOST_DEVICE __host__ __device__
#else
#define MNIST_HOST_DEVICE
#endif
