#include "machine/kernel_log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>

#include "machine/system_file.hpp"

namespace mnist {
namespace {

constexpr std::size_t most_xids = 64;
constexpr std::size_t record_size =
    8192;  // the kernel's own limit; it refuses to be asked for less
constexpr std::size_t most_reads = 1'000'000;  // more records than any kernel's log has room for

// A kernel's log, or a file that stands for one. Some containers link it to their console.
FileDescriptor open_log(const Machine& machine) {
  FileDescriptor log(
      ::open((machine.root / "dev/kmsg").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  return log.is_open() && ::isatty(log.get()) ? FileDescriptor() : std::move(log);
}

// What follows `mark` in `line`; nothing where it is not in there.
std::optional<std::string_view> after(std::string_view line, std::string_view mark) {
  const std::size_t found = line.find(mark);
  if (found == line.npos) return std::nullopt;
  return line.substr(found + mark.size());
}

// "NVRM: Xid (PCI:0000:65:00): 79, pid=1234, name=x, GPU has fallen off the bus.", or, of a part of
// a GPU, "NVRM: Xid (PCI:0000:65:00 GPU-I:05 GPU-CI:00): 95, ...".
std::optional<Xid> parse_xid(std::string_view line) {
  constexpr std::string_view end_of_address = "): ";
  const auto address = after(line, "NVRM: Xid (");
  const auto number = address ? after(*address, end_of_address) : std::nullopt;
  if (!number) return std::nullopt;
  Xid xid;
  const auto [rest, error] =
      std::from_chars(number->data(), number->data() + number->size(), xid.number);
  if (error != std::errc()) return std::nullopt;
  xid.pci_bus_id = address->substr(0, std::min(address->find(' '), address->find(end_of_address)));
  if (xid.pci_bus_id.starts_with("PCI:")) xid.pci_bus_id.erase(0, 4);
  xid.text = number->substr(static_cast<std::size_t>(rest - number->data()));
  xid.text.erase(0, xid.text.find_first_not_of(", "));
  return xid;
}

// A record begins "6,1234,5678901,-;": priority, number, microseconds since the machine started.
std::optional<double> seconds_of(std::string_view record) {
  std::istringstream head{std::string(record.substr(0, record.find(';')))};
  long long priority = 0;
  long long number = 0;
  long long microseconds = 0;
  char comma = 0;
  if (!(head >> priority >> comma >> number >> comma >> microseconds)) return std::nullopt;
  return static_cast<double>(microseconds) * 1e-6;
}

// Seconds since the machine started; never, where that is unknown. See proc(5): it is the 22nd
// field, and the second, in parentheses, may hold anything.
double start_of_this_process(const Machine& machine) {
  const std::string status = system_text(machine.root / "proc/self/stat");
  const std::size_t name_end = status.rfind(')');
  if (name_end == status.npos) return -std::numeric_limits<double>::infinity();
  std::istringstream fields(status.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  double ticks = 0;
  if (!(std::istringstream(field) >> ticks)) return -std::numeric_limits<double>::infinity();
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Calls `each` with every whole line that can be read by now. `rest` holds what has no end yet.
template <class Each>
void read_lines(int log, std::string& rest, const Each& each) {
  std::array<char, record_size> piece{};
  for (std::size_t reads = 0; reads < most_reads; ++reads) {
    const ssize_t length = ::read(log, piece.data(), piece.size());
    // EPIPE: the record that came next was overwritten by newer ones; the next call reads on.
    if (length < 0 && (errno == EINTR || errno == EPIPE)) continue;
    if (length <= 0) return;
    rest.append(piece.data(), static_cast<std::size_t>(length));
    std::string_view text = rest;
    while (text.find('\n') != text.npos) each(take_line(text));
    // A line that is longer than any record is none.
    rest = text.size() > record_size ? "" : std::string(text);
  }
}

}  // namespace

KernelLog::KernelLog(const Machine& machine) : log_(open_log(machine)) {
  if (log_.is_open()) ::lseek(log_.get(), 0, SEEK_END);
}

std::vector<Xid> KernelLog::new_xids() {
  std::vector<Xid> xids;
  if (log_.is_open())
    read_lines(log_.get(), rest_, [&](std::string_view line) {
      if (auto xid = parse_xid(line)) xids.push_back(std::move(*xid));
    });
  return xids;
}

std::vector<Xid> logged_xids(const Machine& machine) {
  const FileDescriptor log = open_log(machine);
  const double start = start_of_this_process(machine);
  std::vector<Xid> xids;
  std::string rest;
  if (log.is_open())
    read_lines(log.get(), rest, [&](std::string_view line) {
      auto xid = parse_xid(line);
      if (!xid) return;
      xid->before_run = seconds_of(line).value_or(start) < start;
      if (xids.size() == most_xids) xids.erase(xids.begin());
      xids.push_back(std::move(*xid));
    });
  return xids;
}

}  // namespace mnist
