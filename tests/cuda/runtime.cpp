// Stands in for the CUDA runtime: the functions of it that the engine calls.
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cuda/answer.hpp"

namespace {

using mnist::cuda::answer;
using mnist::cuda::IfFailing;
using mnist::cuda::Machine;
using mnist::cuda::machine;
using mnist::cuda::Operand;
using mnist::cuda::Refusal;
using mnist::cuda::require;
using mnist::cuda::Stream;
using mnist::cuda::Streams;
using mnist::cuda::Work;

void require_gpu(const Machine& here, int gpu) {
  require(gpu >= 0 && gpu < here.gpu_count, cudaErrorInvalidDevice, "there is no such GPU");
}

// The whole of the page-locked memory that `address` lies in; empty where it lies in none.
std::span<const std::byte> page_locked(const Machine& here, const void* address) {
  const auto* byte = static_cast<const std::byte*>(address);
  for (const std::vector<std::byte>& memory : here.page_locked)
    if (byte >= memory.data() && byte < memory.data() + memory.size()) return memory;
  return {};
}

// Whether a copy may leave the host's memory as it is until it runs.
bool is_page_locked(const Machine& here, const void* host, std::size_t bytes) {
  require(!here.memory.contains(host), cudaErrorInvalidValue, "a copy: this is not the host's");
  const std::span<const std::byte> memory = page_locked(here, host);
  if (memory.empty()) return false;
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(host) - memory.data());
  require(bytes <= memory.size() - offset, cudaErrorInvalidValue,
          "a copy: beyond the end of page-locked memory");
  return true;
}

}  // namespace

const char* cudaGetErrorName(cudaError_t status) {
  // By number, since older toolkits have no name for some.
  static const std::map<int, const char*> names{
      {1, "cudaErrorInvalidValue"},
      {2, "cudaErrorMemoryAllocation"},
      {3, "cudaErrorInitializationError"},
      {9, "cudaErrorInvalidConfiguration"},
      {34, "cudaErrorStubLibrary"},
      {35, "cudaErrorInsufficientDriver"},
      {36, "cudaErrorCallRequiresNewerDriver"},
      {46, "cudaErrorDevicesUnavailable"},
      {100, "cudaErrorNoDevice"},
      {101, "cudaErrorInvalidDevice"},
      {209, "cudaErrorNoKernelImageForDevice"},
      {214, "cudaErrorECCUncorrectable"},
      {220, "cudaErrorNvlinkUncorrectable"},
      {222, "cudaErrorUnsupportedPtxVersion"},
      {226, "cudaErrorContained"},
      {304, "cudaErrorOperatingSystem"},
      {400, "cudaErrorInvalidResourceHandle"},
      {700, "cudaErrorIllegalAddress"},
      {710, "cudaErrorAssert"},
      {719, "cudaErrorLaunchFailure"},
      {800, "cudaErrorNotPermitted"},
      {802, "cudaErrorSystemNotReady"},
      {803, "cudaErrorSystemDriverMismatch"},
      {804, "cudaErrorCompatNotSupportedOnDevice"},
      {805, "cudaErrorMpsConnectionFailed"},
      {806, "cudaErrorMpsRpcFailure"},
      {807, "cudaErrorMpsServerNotReady"},
      {808, "cudaErrorMpsMaxClientsReached"},
      {809, "cudaErrorMpsMaxConnectionsReached"},
      {810, "cudaErrorMpsClientTerminated"},
      {900, "cudaErrorStreamCaptureUnsupported"},
      {901, "cudaErrorStreamCaptureInvalidated"},
      {999, "cudaErrorUnknown"},
  };
  const auto found = names.find(status);
  return found == names.end() ? "an error that the stand-in has no name for" : found->second;
}
const char* cudaGetErrorString(cudaError_t) { return "what the stand-in says of it"; }
cudaError_t cudaGetLastError() { return std::exchange(machine().last_error, cudaSuccess); }

cudaError_t cudaDriverGetVersion(int* version) {
  return answer<cudaError_t>("cudaDriverGetVersion",
                             [&](Machine& here) { *version = here.driver_cuda; });
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  return answer<cudaError_t>("cudaRuntimeGetVersion", [&](Machine&) { *version = CUDART_VERSION; });
}

cudaError_t cudaGetDeviceCount(int* count) {
  return answer<cudaError_t>("cudaGetDeviceCount", [&](Machine& here) { *count = here.gpu_count; });
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int gpu) {
  return answer<cudaError_t>("cudaGetDeviceProperties", [&](Machine& here) {
    require_gpu(here, gpu);
    *properties = {};
    const int number = here.first_gpu + gpu;
    const std::string name = here.name_of_gpus.empty()
                                 ? "GPU " + std::to_string(number) + " of the stand-in"
                                 : here.name_of_gpus;
    name.copy(properties->name, sizeof properties->name - 1);
    properties->uuid.bytes[15] = static_cast<char>(number);
    properties->major = here.compute_capability_major;
    properties->totalGlobalMem = here.memory_of_gpu;
  });
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int gpu) {
  return answer<cudaError_t>("cudaDeviceGetAttribute", [&](Machine& here) {
    require_gpu(here, gpu);
    const auto known = here.attributes.find(attribute);
    *value = known == here.attributes.end() ? 0 : known->second;
  });
}
cudaError_t cudaSetDevice(int gpu) {
  return answer<cudaError_t>("cudaSetDevice", [&](Machine& here) {
    require_gpu(here, gpu);
    here.current_gpu() = gpu;
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return answer<cudaError_t>("cudaMemGetInfo", [&](Machine& here) {
    *total = here.memory_of_gpu;
    *free = here.memory_of_gpu - here.memory.bytes_in_use(here.current_gpu());
  });
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  return answer<cudaError_t>("cudaMalloc", [&](Machine& here) {
    here.streams.refuse_while_capturing("taking memory");
    if (bytes > here.memory_of_gpu - here.memory.bytes_in_use(here.current_gpu()))
      throw Refusal(cudaErrorMemoryAllocation, "more than is free");
    *memory = here.memory.allocate(here.current_gpu(), bytes);
  });
}
cudaError_t cudaFree(void* memory) {
  return answer<cudaError_t>(
      "cudaFree",
      [&](Machine& here) {
        here.streams.refuse_while_capturing("freeing memory");
        here.streams.finish_all();
        if (memory) here.memory.free(memory);
      },
      IfFailing::do_it_all_the_same);
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  return answer<cudaError_t>("cudaMallocHost", [&](Machine& here) {
    here.streams.refuse_while_capturing("taking page-locked memory");
    *memory =
        here.page_locked.emplace_back(bytes, std::byte{mnist::cuda::DeviceMemory::poison}).data();
  });
}
cudaError_t cudaFreeHost(void* memory) {
  return answer<cudaError_t>(
      "cudaFreeHost",
      [&](Machine& here) {
        here.streams.refuse_while_capturing("freeing page-locked memory");
        here.streams.finish_all();
        const std::size_t freed = std::erase_if(
            here.page_locked, [=](const auto& held) { return held.data() == memory; });
        require(freed == 1, cudaErrorInvalidValue, "freeing what is not page-locked");
      },
      IfFailing::do_it_all_the_same);
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return answer<cudaError_t>("cudaMemsetAsync", [&](Machine& here) {
    Work set;
    set.type = cudaGraphNodeTypeMemset;
    set.name = "cudaMemsetAsync";
    set.operands = {{to, bytes, "what is set"}};
    set.run = [=] { std::memset(to, value, bytes); };
    here.submit(stream, std::move(set));
  });
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return answer<cudaError_t>("cudaMemcpyAsync", [&](Machine& here) {
    Work copy;
    copy.type = cudaGraphNodeTypeMemcpy;
    copy.name = "cudaMemcpyAsync";
    copy.run = [=] { std::memcpy(to, from, bytes); };
    if (kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToHost) {
      const bool up = kind == cudaMemcpyHostToDevice;
      copy.operands = {{up ? to : from, bytes, "the GPU's side of a copy"}};
      if (!is_page_locked(here, up ? from : to, bytes)) {
        here.streams.refuse_while_capturing("a copy with memory that is not page-locked");
        if (up) {
          const auto* first = static_cast<const std::byte*>(from);
          const std::vector<std::byte> taken(first, first + bytes);
          copy.run = [=] { std::memcpy(to, taken.data(), bytes); };
        }
      }
    } else {
      require(kind == cudaMemcpyDeviceToDevice, cudaErrorInvalidValue, "a copy of this kind");
      copy.operands = {{to, bytes, "where to"}, {from, bytes, "where from"}};
    }
    here.submit(stream, std::move(copy));
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  return answer<cudaError_t>("cudaStreamCreateWithFlags", [&](Machine& here) {
    Stream made;
    made.gpu = here.current_gpu();
    *stream = here.streams.streams.add(std::move(made));
  });
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return answer<cudaError_t>(
      "cudaStreamDestroy", [&](Machine& here) { here.streams.destroy(stream); },
      IfFailing::do_it_all_the_same);
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return answer<cudaError_t>("cudaStreamSynchronize", [&](Machine& here) {
    here.streams.refuse_while_capturing("waiting");
    here.streams.finish(stream);
  });
}

namespace {

void record_event(Machine& here, cudaEvent_t event, cudaStream_t stream) {
  here.streams.events.at(event).milliseconds.reset();
  Work record;
  record.type = cudaGraphNodeTypeEventRecord;
  record.name = "cudaEventRecord";
  record.run = [event, &streams = here.streams] {
    streams.events.at(event).milliseconds = streams.milliseconds;
  };
  here.submit(stream, std::move(record));
}

}  // namespace

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return answer<cudaError_t>("cudaEventCreate",
                             [&](Machine& here) { *event = here.streams.events.add({}); });
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return answer<cudaError_t>("cudaEventRecord", [&](Machine& here) {
    here.streams.refuse_while_capturing("recording an event that nobody outside can read");
    record_event(here, event, stream);
  });
}
cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return answer<cudaError_t>("cudaEventRecordWithFlags", [&](Machine& here) {
    if (flags != cudaEventRecordExternal)
      here.streams.refuse_while_capturing("recording an event that nobody outside can read");
    else
      require(here.streams.streams.at(stream).capturing, cudaErrorInvalidValue,
              "an external event of a stream that is not capturing");
    record_event(here, event, stream);
  });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return answer<cudaError_t>("cudaEventSynchronize", [&](Machine& here) {
    here.streams.refuse_while_capturing("waiting");
    here.streams.finish_all();
    require(here.streams.events.at(event).milliseconds.has_value(), cudaErrorInvalidResourceHandle,
            "an event that was never recorded");
  });
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
  return answer<cudaError_t>("cudaEventElapsedTime", [&](Machine& here) {
    const std::optional<double> begin = here.streams.events.at(start).milliseconds;
    const std::optional<double> end = here.streams.events.at(stop).milliseconds;
    require(begin && end, cudaErrorNotReady, "an event that was not waited for");
    *milliseconds = static_cast<float>(*end - *begin);
  });
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return answer<cudaError_t>(
      "cudaEventDestroy", [&](Machine& here) { here.streams.events.destroy(event); },
      IfFailing::do_it_all_the_same);
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  return answer<cudaError_t>("cudaStreamBeginCapture",
                             [&](Machine& here) { here.streams.begin_capture(stream); });
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return answer<cudaError_t>("cudaStreamIsCapturing", [&](Machine& here) {
    *status = here.streams.streams.at(stream).capturing ? cudaStreamCaptureStatusActive
                                                        : cudaStreamCaptureStatusNone;
  });
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  Streams& streams = machine().streams;
  const auto status = answer<cudaError_t>(
      "cudaStreamEndCapture", [&](Machine&) { *graph = streams.end_capture(stream); },
      IfFailing::do_it_all_the_same);
  if (status != cudaSuccess && *graph) streams.destroy(std::exchange(*graph, nullptr));
  return status;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return answer<cudaError_t>(
      "cudaGraphDestroy", [&](Machine& here) { here.streams.destroy(graph); },
      IfFailing::do_it_all_the_same);
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return answer<cudaError_t>("cudaGraphGetNodes", [&](Machine& here) {
    const std::vector<cudaGraphNode_t>& all = here.streams.graphs.at(graph).nodes;
    if (nodes) std::copy_n(all.begin(), std::min(*count, all.size()), nodes);
    *count = all.size();
  });
}
cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return answer<cudaError_t>("cudaGraphNodeGetType",
                             [&](Machine& here) { *type = here.streams.nodes.at(node)->type; });
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* exec, cudaGraph_t graph,
                                          unsigned long long) {
  return answer<cudaError_t>("cudaGraphInstantiateWithFlags",
                             [&](Machine& here) { *exec = here.streams.instantiate(graph); });
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return answer<cudaError_t>(
      "cudaGraphExecDestroy", [&](Machine& here) { here.streams.execs.destroy(exec); },
      IfFailing::do_it_all_the_same);
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return answer<cudaError_t>("cudaGraphLaunch", [&](Machine& here) {
    here.streams.launch(exec, stream, here.current_gpu());
  });
}

#if CUDART_VERSION >= 12050
namespace {

// What the driver tells of kernels. Its function handles are the kernels' works.
CUresult kernel_parameters(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS* parameters) {
  *parameters = {};
  parameters->func =
      reinterpret_cast<CUfunction>(const_cast<Work*>(machine().streams.nodes.at(node).get()));
  return CUDA_SUCCESS;
}
CUresult function_name(const char** name, CUfunction function) {
  *name = reinterpret_cast<const Work*>(function)->name.c_str();
  return CUDA_SUCCESS;
}
CUresult kernel_name(const char**, CUkernel) { return CUDA_ERROR_NOT_SUPPORTED; }

}  // namespace

cudaError_t cudaGetDriverEntryPointByVersion(const char* symbol, void** function, unsigned,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  return answer<cudaError_t>("cudaGetDriverEntryPointByVersion", [&](Machine&) {
    const std::map<std::string, void*> functions{
        {"cuGraphKernelNodeGetParams", reinterpret_cast<void*>(kernel_parameters)},
        {"cuFuncGetName", reinterpret_cast<void*>(function_name)},
        {"cuKernelGetName", reinterpret_cast<void*>(kernel_name)}};
    const auto named = functions.find(symbol);
    *function = named == functions.end() ? nullptr : named->second;
    *found = *function ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  });
}
#endif
