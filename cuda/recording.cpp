#include "cuda/recording.hpp"

#include <utility>

#include "base/error.hpp"
#include "cuda/graph_nodes.hpp"

namespace mnist::cuda {
namespace {

// Ends the capture in any case, so that the stream can be used again. Throws where the work cannot
// be recorded.
Graph capture(cudaStream_t stream, const std::function<void()>& work) {
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "beginning to record");
  cudaGraph_t captured = nullptr;
  try {
    work();
  } catch (...) {
    (void)cudaStreamEndCapture(stream, &captured);
    Graph(captured).reset();
    (void)cudaGetLastError();
    throw;
  }
  check(cudaStreamEndCapture(stream, &captured), "ending the recording");
  return Graph(captured);
}

}  // namespace

Recording::Recording(std::string name, const Context& context, std::function<void()> work)
    : name_(std::move(name)), context_(context), work_(std::move(work)) {
  try {
    const Graph graph = capture(context_.stream(), work_);
    nodes_ = describe_nodes(graph.get());
    cudaGraphExec_t exec = nullptr;
    check(cudaGraphInstantiateWithFlags(&exec, graph.get(), 0), "making a recording executable");
    exec_.reset(exec);
  } catch (const Error& refusal) {
    // The same work ran a moment ago: what it cannot do is being recorded. A GPU that has failed
    // says so again when the work runs next.
    refusal_ = refusal.what();
    nodes_.clear();
  }
}

void Recording::replay() const {
  if (exec_)
    check(cudaGraphLaunch(exec_.get(), context_.stream()), "launching the recorded " + name_);
  else
    work_();
}

std::string Recording::summary() const {
  if (!exec_) return name_ + " not recorded (" + refusal_ + ")";
  return name_ + " recorded as a graph of " + std::to_string(nodes_.size()) + " nodes";
}

}  // namespace mnist::cuda
