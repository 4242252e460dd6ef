#include "cuda/streams.hpp"

namespace mnist::cuda {

void Streams::submit(cudaStream_t handle, int gpu, Work work) {
  Stream& stream = streams.at(handle);
  require(stream.gpu == gpu, cudaErrorInvalidResourceHandle,
          work.name + ": on a stream of another GPU than the current one");
  require_operands(work, gpu);
  if (!stream.capturing) {
    stream.queue.push_back(std::make_shared<const Work>(std::move(work)));
    return;
  }
  require(!stream.capture_invalid, cudaErrorStreamCaptureInvalidated, consequence);
  if (work.type == cudaGraphNodeTypeKernel && !loaded_.contains({gpu, work.name}))
    refuse_while_capturing("loading " + work.name);
  stream.captured.works.push_back(std::make_shared<const Work>(std::move(work)));
}

void Streams::require_operands(const Work& work, int gpu) const {
  for (const Operand& operand : work.operands)
    memory_.require_allocated(gpu, operand.memory, operand.bytes, work.name + ": " + operand.name);
}

void Streams::finish(Stream& stream) {
  const auto queue = std::exchange(stream.queue, {});
  if (queue.empty() || fault != cudaSuccess) return;
  const DeviceMemory::Opening opening(memory_);
  try {
    for (const auto& work : queue) run(*work, stream.gpu, opening);
  } catch (const Refusal& refusal) {
    fault = refusal.status();
    throw;
  }
}

void Streams::run(const Work& work, int gpu, const DeviceMemory::Opening& opening) {
  require_operands(work, gpu);  // again: memory may have been freed meanwhile
  if (work.type != cudaGraphNodeTypeEventRecord) milliseconds += milliseconds_of(work);
  work.run();
  tamper(work);
  loaded_.insert({gpu, work.name});
  if (!opening.guards_intact())
    throw Refusal(cudaErrorIllegalAddress, work.name + ": wrote beside an allocation");
}

void Streams::tamper(const Work& work) {
  if (!tampering || work.name.find(tampering->work) == std::string::npos) return;
  if (++runs_to_tamper_with_ < tampering->run) return;
  for (const Operand& operand : work.operands)
    if (operand.name == tampering->operand) {
      auto* const word = static_cast<std::uint32_t*>(const_cast<void*>(operand.memory));
      *word ^= std::uint32_t{1} << tampering->bit;
    }
}

void Streams::finish(cudaStream_t stream) { finish(streams.at(stream)); }

void Streams::finish_all() {
  streams.each([this](Stream& stream) { finish(stream); });
}

void Streams::begin_capture(cudaStream_t handle) {
  Stream& stream = streams.at(handle);
  require(!stream.capturing, cudaErrorIllegalState, "this stream is capturing already");
  stream.capturing = true;
  stream.capture_invalid = false;
  stream.captured = {.gpu = stream.gpu, .works = {}, .nodes = {}};
}

cudaGraph_t Streams::end_capture(cudaStream_t handle) {
  Stream& stream = streams.at(handle);
  require(stream.capturing, cudaErrorIllegalState, "this stream is not capturing");
  stream.capturing = false;
  Graph captured = std::exchange(stream.captured, {});
  require(!stream.capture_invalid, cudaErrorStreamCaptureInvalidated, consequence);
  for (const auto& work : captured.works) captured.nodes.push_back(nodes.add(work));
  return graphs.add(std::move(captured));
}

cudaGraphExec_t Streams::instantiate(cudaGraph_t graph) { return execs.add(graphs.at(graph)); }

void Streams::launch(cudaGraphExec_t exec, cudaStream_t handle, int gpu) {
  const Graph& graph = execs.at(exec);
  Stream& stream = streams.at(handle);
  require(stream.gpu == gpu && graph.gpu == gpu, cudaErrorInvalidResourceHandle,
          "a graph or stream of another GPU than the current one");
  if (stream.capturing) refuse_while_capturing("launching a graph");
  stream.queue.insert(stream.queue.end(), graph.works.begin(), graph.works.end());
}

void Streams::destroy(cudaGraph_t graph) {
  for (const cudaGraphNode_t node : graphs.at(graph).nodes) nodes.destroy(node);
  graphs.destroy(graph);
}

void Streams::destroy(cudaStream_t stream) {
  finish(stream);
  streams.destroy(stream);
}

bool Streams::spoil_captures() {
  bool capturing = false;
  streams.each([&](Stream& stream) {
    stream.capture_invalid |= stream.capturing;
    capturing |= stream.capturing;
  });
  return capturing;
}

void Streams::refuse_while_capturing(const std::string& what) {
  require(!spoil_captures(), cudaErrorStreamCaptureUnsupported,
          what + " while a stream is capturing");
}

}  // namespace mnist::cuda
