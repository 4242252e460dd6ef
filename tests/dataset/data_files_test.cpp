#include "dataset/data_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "base/stopwatch.hpp"
#include "dataset/sample_set.hpp"

namespace mnist {
namespace {

// A pipe can be opened like this only while somebody opens it for reading.
FileDescriptor wait_for_reader(const std::filesystem::path& pipe) {
  const Stopwatch watch;
  FileDescriptor writer;
  while (!writer.is_open() && watch.seconds() < 5) {
    writer = FileDescriptor(::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return writer;
}

TEST(DataFiles, AreReadAtTheSameTime) {
  const TemporaryFolder folder;
  DataFiles files;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    files[i] = DataFile{.path = folder.path() / std::to_string(i), .bytes = {}};
    ASSERT_EQ(::mkfifo(files[i]->path.c_str(), 0600), 0);
  }
  const std::array waited_for = files;
  std::thread loader([&] {
    IdxFiles loaded;
    EXPECT_THROW(load_files(files, loaded), Error);  // nothing comes out of the pipes
  });
  std::array<FileDescriptor, data_file_count> writers;
  for (std::size_t i = data_file_count; i-- > 0;) {
    writers[i] = wait_for_reader(waited_for[i]->path);
    EXPECT_TRUE(writers[i].is_open()) << "file " << i << " is not read before another one ends";
  }
  writers = {};
  loader.join();
}

}  // namespace
}  // namespace mnist
