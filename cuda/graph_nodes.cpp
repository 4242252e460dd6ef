#include "cuda/graph_nodes.hpp"

#include <cuda.h>
#include <cxxabi.h>

#include <cstdlib>
#include <memory>

#include "cuda/check.hpp"

namespace mnist::cuda {
namespace {

const char* type_name(cudaGraphNodeType type) {
  switch (type) {
    case cudaGraphNodeTypeKernel:
      return "kernel";
    case cudaGraphNodeTypeMemcpy:
      return "memory copy";
    case cudaGraphNodeTypeMemset:
      return "memory set";
    case cudaGraphNodeTypeHost:
      return "host call";
    case cudaGraphNodeTypeGraph:
      return "graph";
    case cudaGraphNodeTypeEventRecord:
      return "event record";
    case cudaGraphNodeTypeEmpty:
      return "empty node";
    default:
      return "node of another type";
  }
}

#if CUDART_VERSION >= 12050

// The driver's own function `name` as it was in CUDA `version`; null where it has none.
template <class Function>
Function driver_function(const char* name, unsigned version) {
  void* address = nullptr;
  cudaDriverEntryPointQueryResult found{};
  if (cudaGetDriverEntryPointByVersion(name, &address, version, cudaEnableDefault, &found) !=
          cudaSuccess ||
      found != cudaDriverEntryPointSuccess) {
    (void)cudaGetLastError();
    return nullptr;
  }
  return reinterpret_cast<Function>(address);
}

std::string demangled(const char* name) {
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, nullptr), std::free);
  return text ? text.get() : name;
}

// The driver's way: the runtime knows only kernels that were linked with it, not those of cuBLAS
// and cuDNN.
class KernelNames {
 public:
  // Empty where the driver cannot tell.
  std::string of(cudaGraphNode_t node) const {
    CUDA_KERNEL_NODE_PARAMS parameters{};
    const char* name = nullptr;
    if (!parameters_of_ || !name_of_function_ || !name_of_kernel_ ||
        parameters_of_(node, &parameters) != CUDA_SUCCESS)
      return "";
    const CUresult told = parameters.func ? name_of_function_(&name, parameters.func)
                                          : name_of_kernel_(&name, parameters.kern);
    return told == CUDA_SUCCESS && name ? demangled(name) : "";
  }

 private:
  decltype(&cuGraphKernelNodeGetParams) parameters_of_ =
      driver_function<decltype(parameters_of_)>("cuGraphKernelNodeGetParams", 12000);
  decltype(&cuFuncGetName) name_of_function_ =
      driver_function<decltype(name_of_function_)>("cuFuncGetName", 12030);
  decltype(&cuKernelGetName) name_of_kernel_ =
      driver_function<decltype(name_of_kernel_)>("cuKernelGetName", 12030);
};

#else  // before there was a way to ask

struct KernelNames {
  std::string of(cudaGraphNode_t) const { return ""; }
};

#endif

}  // namespace

std::vector<std::string> describe_nodes(cudaGraph_t graph) {
  std::size_t count = 0;
  check(cudaGraphGetNodes(graph, nullptr, &count), "counting what was recorded");
  std::vector<cudaGraphNode_t> nodes(count);
  check(cudaGraphGetNodes(graph, nodes.data(), &count), "listing what was recorded");
  const KernelNames kernel_names;
  std::vector<std::string> lines;
  for (const cudaGraphNode_t node : nodes) {
    cudaGraphNodeType type{};
    check(cudaGraphNodeGetType(node, &type), "listing what was recorded");
    std::string line = type_name(type);
    if (type == cudaGraphNodeTypeKernel)
      if (const std::string name = kernel_names.of(node); !name.empty()) line += " " + name;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace mnist::cuda
