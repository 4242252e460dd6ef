// Another program that runs beside this one: started, listened to, and ended.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.hpp"

namespace mnist {

struct ChildCommand {
  std::string program;                   // its path
  std::vector<std::string> arguments;    // after its name
  std::vector<std::string> environment;  // all of it: "NAME=value"
};

// How a process ended; neither where nobody can tell, since SIGCHLD is ignored.
struct ChildEnd {
  std::optional<int> exit_status;
  std::optional<int> signal;
};

// It starts with no signal blocked and each as it is by default, with nothing to read, and in a
// process group of its own: what a terminal sends comes to us alone. It does not outlive the thread
// that started it. Our own standard streams must be open.
class ChildProcess {
 public:
  // Throws std::system_error where it cannot be started.
  explicit ChildProcess(const ChildCommand& command);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  // Kills it if it is still there, and waits for its end, but not for long: what hangs within the
  // system cannot be killed.
  ~ChildProcess();

  // What it writes, to be read without waiting.
  FileDescriptor& output() { return output_; }
  FileDescriptor& error() { return error_; }

  // To its whole process group. Does nothing once it has ended.
  void send(int signal) const;
  // Does not wait; nothing while it runs.
  std::optional<ChildEnd> ended();

 private:
  pid_t process_ = -1;
  FileDescriptor output_;
  FileDescriptor error_;
  std::optional<ChildEnd> end_;
};

// What can be read without waiting, up to a mebibyte. At the end, or where reading fails, `from` is
// closed.
std::string read_available(FileDescriptor& from);

}  // namespace mnist
