// Streams and graphs of GPUs that are not there: what is queued, recorded and replayed.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cuda/device_memory.hpp"
#include "cuda/handles.hpp"

namespace mnist::cuda {

// Device memory that a piece of work reads or writes.
struct Operand {
  const void* memory = nullptr;
  std::size_t bytes = 0;
  const char* name = "";
};

// One kernel or copy. It may be run many times.
struct Work {
  cudaGraphNodeType type = cudaGraphNodeTypeKernel;
  std::string name;
  std::vector<Operand> operands;
  std::function<void()> run;
};

struct Graph {
  int gpu = 0;
  std::vector<std::shared_ptr<const Work>> works;
  std::vector<cudaGraphNode_t> nodes;  // as many
};

struct Event {
  std::optional<double> milliseconds;  // of the GPUs' clock when it was last reached
};

struct Stream {
  int gpu = 0;
  std::vector<std::shared_ptr<const Work>> queue;
  bool capturing = false;
  bool capture_invalid = false;
  Graph captured;
};

// A GPU that computes wrongly, once: the `run`-th time, from 1, that work runs whose name holds
// `work`, bit `bit` of the first word of its operand `operand` is another afterwards.
struct Tampering {
  std::string work;
  std::string operand;
  std::size_t run = 0;
  unsigned bit = 0;
};

// Nothing that is queued runs before somebody waits for it, so that a program that forgets to wait
// does not see what it waited for.
class Streams {
 public:
  explicit Streams(DeviceMemory& memory) : memory_(memory) {}

  // What a piece of work takes: less than it takes here. Time stands still for all else.
  std::function<double(const Work&)> milliseconds_of = [](const Work&) { return 1e-5; };

  // Queues work for `gpu`, which must be the stream's, or records it while the stream captures.
  void submit(cudaStream_t stream, int gpu, Work work);
  // Runs what is queued on one stream, or on all. Throws the Refusal of work that went wrong.
  void finish(cudaStream_t stream);
  void finish_all();

  void begin_capture(cudaStream_t stream);
  cudaGraph_t end_capture(cudaStream_t stream);
  cudaGraphExec_t instantiate(cudaGraph_t graph);
  void launch(cudaGraphExec_t exec, cudaStream_t stream, int gpu);
  void destroy(cudaGraph_t graph);
  void destroy(cudaStream_t stream);

  // Makes whatever is being captured fail; whether anything was.
  bool spoil_captures();
  // For calls that may not come while anything is captured: makes the capture fail, and throws.
  void refuse_while_capturing(const std::string& what);

  std::optional<Tampering> tampering;

  // Of work that ran and went wrong: no call succeeds any more.
  cudaError_t fault = cudaSuccess;

  double milliseconds = 0;  // the GPUs' clock

  Handles<cudaStream_t, Stream> streams{"stream"};
  Handles<cudaGraph_t, Graph> graphs{"graph"};
  Handles<cudaGraphExec_t, Graph> execs{"executable graph"};
  Handles<cudaEvent_t, Event> events{"event"};
  Handles<cudaGraphNode_t, std::shared_ptr<const Work>> nodes{"node of a graph"};

 private:
  void require_operands(const Work& work, int gpu) const;
  void finish(Stream& stream);
  void run(const Work& work, int gpu, const DeviceMemory::Opening& opening);
  void tamper(const Work& work);

  DeviceMemory& memory_;
  std::size_t runs_to_tamper_with_ = 0;
  std::set<std::pair<int, std::string>> loaded_;  // kernels that ran before, of each GPU
};

}  // namespace mnist::cuda
