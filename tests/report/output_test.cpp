#include "report/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "base/file_descriptor.hpp"

namespace mnist {
namespace {

TEST(LineOutput, RemembersTheFirstFailure) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY));
  LineOutput output(full.get());
  EXPECT_EQ(output.failure(), "");
  output.write("Accuracy at step 0: 0.1\n");
  EXPECT_EQ(output.failure(), "No space left on device");
}

TEST(LineOutput, WaitsForAFullPipeThatDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const FileDescriptor reading(ends[0]);
  const std::string content(1'000'000, 'x');
  std::string failure = "not written";
  std::thread writer([&] {
    const FileDescriptor writing(ends[1]);
    LineOutput output(writing.get());
    output.write(content);
    failure = output.failure();
  });
  ::fcntl(reading.get(), F_SETFL, 0);
  std::string received;
  char block[4096];
  for (ssize_t size; (size = ::read(reading.get(), block, sizeof block)) > 0;)
    received.append(block, static_cast<std::size_t>(size));
  writer.join();
  EXPECT_EQ(failure, "");
  EXPECT_EQ(received, content);
}

}  // namespace
}  // namespace mnist
