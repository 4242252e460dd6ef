#include "machine/kernel_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "machine/made_up_machine.hpp"

namespace mnist {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class KernelLogs : public MadeUpMachine {
 protected:
  void log(const std::string& text) {
    if (!fs::exists(root() / "dev/kmsg")) file("dev/kmsg", "");
    std::ofstream(root() / "dev/kmsg", std::ios::app | std::ios::binary) << text;
  }
  std::vector<unsigned> logged() const { return numbers(logged_xids(machine())); }
  static std::vector<unsigned> numbers(const std::vector<Xid>& xids) {
    std::vector<unsigned> found;
    for (const Xid& xid : xids) found.push_back(xid.number);
    return found;
  }
};

constexpr char off_the_bus[] =
    "3,1842,612345678,-;NVRM: Xid (PCI:0000:65:00): 79, pid=1234, name=x, GPU has fallen off the "
    "bus.\n SUBSYSTEM=pci\n DEVICE=+pci:0000:65:00.0\n";

TEST_F(KernelLogs, TellNumberPlaceAndTextOfAnXid) {
  log(off_the_bus);
  const std::vector<Xid> xids = logged_xids(machine());
  ASSERT_EQ(xids.size(), 1u);
  EXPECT_EQ(xids[0].number, 79u);
  EXPECT_EQ(xids[0].pci_bus_id, "0000:65:00");
  EXPECT_EQ(xids[0].text, "pid=1234, name=x, GPU has fallen off the bus.");
  EXPECT_FALSE(xids[0].before_run);
}

TEST_F(KernelLogs, TellWhichGpuAnXidOfAPartOfOneIsOf) {
  log("6,1,2,-;NVRM: Xid (PCI:0000:0a:00 GPU-I:05 GPU-CI:00): 95, pid=7062, Uncontained\n");
  const std::vector<Xid> xids = logged_xids(machine());
  ASSERT_EQ(xids.size(), 1u);
  EXPECT_EQ(xids[0].number, 95u);
  EXPECT_EQ(xids[0].pci_bus_id, "0000:0a:00");
  EXPECT_EQ(xids[0].text, "pid=7062, Uncontained");
}

struct LoggedLine {
  const char* text;
  std::vector<unsigned> numbers;
};

TEST_F(KernelLogs, AreReadWhateverStandsInThem) {
  const LoggedLine lines[] = {
      {"NVRM: Xid (PCI:0000:65:00): 48, DBE\n", {48}},
      {"NVRM: Xid (0000:65:00): 31, MMU\n", {31}},
      {"6,1,2,-;NVRM: Xid (PCI:0000:65:00): 13\n", {13}},
      {"6,1,2,-;NVRM: Xid (PCI:0000:65:00): 79, a\n6,2,3,-;eth0: up\n6,3,4,-;NVRM: Xid "
       "(PCI:0001:0a:00): 45, b\n",
       {79, 45}},
      {"NVRM: Xid (PCI:0000:65:00): , no number\n", {}},
      {"NVRM: Xid (PCI:0000:65:00): 99999999999, too much\n", {}},
      {"NVRM: Xid (PCI:0000:65:00) 79\nNVRM: Xid\nNVRM: loading\n\n\n", {}},
      {"NVRM: Xid (PCI:0000:65:00): 79, its line has no end yet", {}},
  };
  for (const LoggedLine& line : lines) {
    file("dev/kmsg", line.text);
    EXPECT_EQ(logged(), line.numbers) << line.text;
  }
}

TEST_F(KernelLogs, KeepTheNewestOfManyXids) {
  for (unsigned number = 0; number < 100; ++number)
    log("6,1,2,-;NVRM: Xid (PCI:0000:65:00): " + std::to_string(number) + ", x\n");
  const std::vector<unsigned> found = logged();
  ASSERT_EQ(found.size(), 64u);
  EXPECT_EQ(found.front(), 36u);
  EXPECT_EQ(found.back(), 99u);
}

// 100 ticks are a second on Linux, and 612 seconds are in the line.
TEST_F(KernelLogs, KnowWhatIsOlderThanThisProcess) {
  const std::string before_start =
      "77 (name with ) in it) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 ";
  log(off_the_bus);
  const std::pair<std::string, bool> starts[] = {{before_start + "61300 20", true},
                                                 {before_start + "61200 20", false},
                                                 {"", false},
                                                 {"77 (x", false},
                                                 {"77 (x) S 1", false},
                                                 {"no status", false}};
  for (const auto& [status, older] : starts) {
    file("proc/self/stat", status);
    EXPECT_EQ(logged_xids(machine())[0].before_run, older) << status;
  }
  file("proc/self/stat", before_start + "61300 20");
  file("dev/kmsg", "NVRM: Xid (PCI:0000:65:00): 79, without a time\n");
  EXPECT_FALSE(logged_xids(machine())[0].before_run);
}

TEST_F(KernelLogs, TellWhatIsNewSinceTheyWereOpenedOrLastAsked) {
  log(off_the_bus);
  KernelLog watched(machine());
  EXPECT_THAT(watched.new_xids(), IsEmpty());
  log("6,1,2,-;NVRM: Xid (PCI:0000:65:00): 48, DBE\n6,2,3,-;NVRM: Xid (PCI:0000:6");
  EXPECT_THAT(numbers(watched.new_xids()), ElementsAre(48));
  log("5:00): 63, remapped\n");
  log(off_the_bus);
  const std::vector<Xid> xids = watched.new_xids();
  EXPECT_THAT(numbers(xids), ElementsAre(63, 79));
  EXPECT_EQ(xids[0].pci_bus_id, "0000:65:00");
  EXPECT_THAT(watched.new_xids(), IsEmpty());
}

TEST_F(KernelLogs, ThatCannotBeReadHaveNothing) {
  const auto expect_nothing = [&](const char* what) {
    EXPECT_THAT(logged(), IsEmpty()) << what;
    EXPECT_THAT(KernelLog(machine()).new_xids(), IsEmpty()) << what;
  };
  expect_nothing("there is none");
  fs::create_directories(root() / "dev/kmsg");
  expect_nothing("a folder");
  fs::remove(root() / "dev/kmsg");
  ASSERT_EQ(::mkfifo((root() / "dev/kmsg").c_str(), 0600), 0);
  expect_nothing("a pipe without a writer must not be waited for");
}

TEST_F(KernelLogs, OfHugeLinesAreReadWithoutKeepingThem) {
  log(std::string(std::size_t{64} << 20, 'x') + "\n" + off_the_bus);
  EXPECT_THAT(logged(), ElementsAre(79));
}

// A console that the log is linked to would wait for its user, and eat what they type.
TEST_F(KernelLogs, AreNoTerminals) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0)
    GTEST_SKIP() << "no terminal can be made here";
  const std::string line = off_the_bus;
  fs::create_directories(root() / "dev");
  fs::create_symlink(::ptsname(terminal), root() / "dev/kmsg");
  const int typed_into = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  ASSERT_EQ(::write(terminal, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  EXPECT_THAT(logged(), IsEmpty());
  ::close(typed_into);
  ::close(terminal);
}

}  // namespace
}  // namespace mnist
