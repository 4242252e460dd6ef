// Work that is queued again and again, recorded once as a CUDA graph.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cuda/context.hpp"

namespace mnist::cuda {

class Recording {
 public:
  // `work` queues what is to be repeated on the context's stream, takes no memory and waits for
  // nothing. It must have run before, unrecorded: kernels are loaded when they first run, which may
  // not be while recording.
  Recording(std::string name, const Context& context, std::function<void()> work);

  // Queues the work: one graph, or where that could not be recorded, each of its parts.
  void replay() const;

  const std::string& name() const { return name_; }
  // "step recorded as a graph of 15 nodes", or "step not recorded (why)".
  std::string summary() const;
  // A line for each node, in the order in which CUDA lists them: its type, and of a kernel the
  // name, where the driver can tell.
  const std::vector<std::string>& nodes() const { return nodes_; }

 private:
  std::string name_;
  const Context& context_;
  std::function<void()> work_;
  GraphExec exec_;
  std::string refusal_;
  std::vector<std::string> nodes_;
};

}  // namespace mnist::cuda
