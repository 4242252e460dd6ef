// What a recorded graph consists of, in words.
#pragma once

#include <cuda_runtime_api.h>

#include <string>
#include <vector>

namespace mnist::cuda {

// A line for each node: "kernel NAME", "memory copy", ... . A kernel whose name the runtime and the
// driver cannot tell is "kernel". Throws Error.
std::vector<std::string> describe_nodes(cudaGraph_t graph);

}  // namespace mnist::cuda
