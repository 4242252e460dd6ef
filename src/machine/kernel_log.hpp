// The Xids in the kernel's log, as far as this process may read it: in a container it seldom may.
#pragma once

#include <string>
#include <vector>

#include "base/file_descriptor.hpp"
#include "machine/machine.hpp"
#include "machine/xid.hpp"

namespace mnist {

// Tells of what is logged from its making on. Never blocks, and never fails: a log that cannot be
// read has nothing new.
class KernelLog {
 public:
  explicit KernelLog(const Machine& machine);

  // Whether this process may read it at all.
  bool readable() const { return log_.is_open(); }

  // Since it was opened or last asked, oldest first.
  std::vector<Xid> new_xids();

 private:
  FileDescriptor log_;
  std::string rest_;  // of a line whose end has not come yet
};

// Those that are in the log already, oldest first: the newest 64, since one broken GPU can fill it.
std::vector<Xid> logged_xids(const Machine& machine);

}  // namespace mnist
