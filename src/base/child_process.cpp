#include "base/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <thread>

namespace mnist {
namespace {

struct Pipe {
  FileDescriptor reading;
  FileDescriptor writing;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC))
    throw std::system_error(errno, std::generic_category(), "making a pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// What execve() wants; for as long as `words` are there.
std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

// No signal reaches this thread while it lives: between fork() and execve() our own handlers must
// not run in the child.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

struct Start {
  const char* program;
  char* const* arguments;
  char* const* environment;
  pid_t parent;
  int output;
  int error;
  int failure;  // is told errno where the program cannot be started
};

// In the child of a process with threads, where nothing but what is safe in a signal handler may be
// called.
[[noreturn]] void become(const Start& start) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != start.parent) ::_exit(1);  // it ended before that was set
  ::setpgid(0, 0);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0 && ::dup2(nothing, STDIN_FILENO) >= 0 &&
      ::dup2(start.output, STDOUT_FILENO) >= 0 && ::dup2(start.error, STDERR_FILENO) >= 0)
    ::execve(start.program, start.arguments, start.environment);
  const int failure = errno;
  (void)!::write(start.failure, &failure, sizeof failure);
  ::_exit(127);
}

// errno of a start that failed; 0 once the program runs, which closes the other end.
int start_failure(int pipe) {
  int failure = 0;
  while (::read(pipe, &failure, sizeof failure) < 0 && errno == EINTR) {
  }
  return failure;
}

}  // namespace

ChildProcess::ChildProcess(const ChildCommand& command) {
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> settings = command.environment;
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(settings);
  Pipe output = make_pipe();
  Pipe error = make_pipe();
  Pipe failure = make_pipe();
  for (const Pipe* pipe : {&output, &error}) ::fcntl(pipe->reading.get(), F_SETFL, O_NONBLOCK);
  const Start start{command.program.c_str(), arguments.data(),    environment.data(),   ::getpid(),
                    output.writing.get(),    error.writing.get(), failure.writing.get()};
  {
    const AllSignalsBlocked blocked;
    process_ = ::fork();
    if (process_ == 0) become(start);
  }
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "starting a process");
  failure.writing = FileDescriptor();
  output_ = std::move(output.reading);
  error_ = std::move(error.reading);
  if (const int reason = start_failure(failure.reading.get())) {
    ::waitpid(process_, nullptr, 0);
    throw std::system_error(reason, std::generic_category(), "starting " + command.program);
  }
}

ChildProcess::~ChildProcess() {
  send(SIGKILL);
  for (int tries = 0; !ended() && tries < 200; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void ChildProcess::send(int signal) const {
  if (!end_) ::kill(-process_, signal);
}

std::optional<ChildEnd> ChildProcess::ended() {
  int status = 0;
  if (end_) return end_;
  const pid_t found = ::waitpid(process_, &status, WNOHANG);
  if (found < 0 && errno == ECHILD) end_.emplace();
  if (found != process_) return end_;
  end_.emplace();
  if (WIFEXITED(status)) end_->exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end_->signal = WTERMSIG(status);
  return end_;
}

std::string read_available(FileDescriptor& from) {
  constexpr std::size_t most = 1 << 20;
  std::string text;
  std::array<char, 4096> block{};
  while (from.is_open() && text.size() < most) {
    const ssize_t size = ::read(from.get(), block.data(), block.size());
    if (size > 0)
      text.append(block.data(), static_cast<std::size_t>(size));
    else if (size < 0 && errno == EAGAIN)
      break;
    else if (size == 0 || errno != EINTR)
      from = FileDescriptor();
  }
  return text;
}

}  // namespace mnist
