// The process: its streams and signals, and its machine.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "program.hpp"

namespace {

// A file opened later must not become our standard output. Opened for reading, so that a write
// fails and is noticed.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) == -1) ::open("/dev/null", O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_closed_streams();
  // A reader that left, and a file that may grow no further, are met where the write fails.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Inherited as ignored, it would hide how the processes of --device all ended.
  std::signal(SIGCHLD, SIG_DFL);
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  const mnist::Machine machine{.root = "/",
                               .environment = [](const char* name) { return std::getenv(name); }};
  const mnist::ExitCode code = mnist::run_program(words.subspan(argc > 0 ? 1 : 0), machine);
  // All is written. What libraries do at exit may hang where a GPU does.
  ::_exit(static_cast<int>(code));
}
