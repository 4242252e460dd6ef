// Unpacks gzip (RFC 1952) as it is read, no further than asked for.
#pragma once

#include <zlib.h>

#include <array>
#include <memory>

#include "dataset/byte_stream.hpp"

namespace mnist {

// The unpacked bytes of a gzip stream of one or more members. read() throws Error(data_damaged)
// where the stream is not gzip, is cut short, fails its checksums, or has something behind it.
class GunzipStream final : public ByteStream {
 public:
  explicit GunzipStream(std::unique_ptr<ByteStream> packed);
  GunzipStream(const GunzipStream&) = delete;
  GunzipStream& operator=(const GunzipStream&) = delete;
  ~GunzipStream() override;

  std::size_t read(std::span<std::uint8_t> out) override;
  std::uint64_t most_bytes() const override;
  const std::string& name() const override { return packed_->name(); }

 private:
  void refill();
  void check_magic();
  void end_member();

  std::unique_ptr<ByteStream> packed_;
  std::array<std::uint8_t, 65536> input_;
  std::uint64_t input_offset_ = 0;  // of the end of input_ in the packed file
  z_stream zlib_{};
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace mnist
