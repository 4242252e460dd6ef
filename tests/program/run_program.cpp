#include "program/run_program.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "base/file_descriptor.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

FileDescriptor opened(const std::string& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600));
  if (!file.is_open()) throw std::runtime_error("cannot open " + path);
  return file;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

FileDescriptor pipe_without_a_reader() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC)) throw std::runtime_error("no pipe");
  ::close(ends[0]);
  return FileDescriptor(ends[1]);
}

// What a terminal was sent; the read after the last byte fails, since nobody has its other end.
std::string read_terminal(int terminal) {
  std::string text;
  char block[4096];
  for (ssize_t size; (size = ::read(terminal, block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(size));
  return text;
}

}  // namespace

std::string Ended::last_error_line() const {
  const std::string lines = error.substr(0, error.find_last_not_of("\r\n") + 1);
  return lines.substr(lines.find_last_of('\n') + 1);
}

Ended run_program(const Invocation& invocation) {
  const TemporaryFolder folder;
  const std::string output_file = (folder.path() / "output").string();
  const std::string error_file = (folder.path() / "error").string();
  std::vector<std::string> words{MNIST_DEMO_BINARY};
  words.insert(words.end(), invocation.arguments.begin(), invocation.arguments.end());
  std::vector<std::string> settings;
  for (const auto& [name, value] : invocation.variables) settings.push_back(name + "=" + value);
  if (const char* sanitizer = ::getenv("TSAN_OPTIONS"))
    settings.push_back(std::string("TSAN_OPTIONS=") + sanitizer);

  FileDescriptor master;
  std::string error_path = error_file;
  if (invocation.terminal) {
    master = FileDescriptor(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (::grantpt(master.get()) || ::unlockpt(master.get()))
      throw std::runtime_error("no pseudo-terminal");
    error_path = ::ptsname(master.get());
  }
  pid_t child = 0;
  {
    const FileDescriptor output =
        invocation.output == Output::on_a_full_disk     ? opened("/dev/full", O_WRONLY)
        : invocation.output == Output::without_a_reader ? pipe_without_a_reader()
        : invocation.output == Output::on_the_terminal  ? opened(error_path, O_WRONLY)
                                                        : opened(output_file, O_WRONLY | O_CREAT);
    const FileDescriptor error = opened(error_path, O_WRONLY | O_CREAT);
    const std::vector<char*> argv = pointers(words);
    const std::vector<char*> environment = pointers(settings);
    child = ::fork();
    if (child == 0) {
      ::dup2(output.get(), STDOUT_FILENO);
      ::dup2(error.get(), STDERR_FILENO);
      if (invocation.output == Output::closed) ::close(STDOUT_FILENO);
      ::execve(argv[0], argv.data(), environment.data());
      ::_exit(127);
    }
  }
  Ended ended;
  if (invocation.terminal) ended.error = read_terminal(master.get());
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) throw std::runtime_error("no process");
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.output = read_whole(output_file);  // none where it was something else
  if (!invocation.terminal) ended.error = read_whole(error_file);
  return ended;
}

}  // namespace mnist
