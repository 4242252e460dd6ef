#include "dataset/gunzip.hpp"

#include <new>
#include <utility>

#include "dataset/damage.hpp"

namespace mnist {
namespace {

constexpr int gzip_only = 16 + MAX_WBITS;  // zlib's way to ask for gzip and nothing else

// No deflate block expands further (see zlib's technical details).
constexpr std::uint64_t greatest_expansion = 1032;

}  // namespace

GunzipStream::GunzipStream(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)) {
  if (inflateInit2(&zlib_, gzip_only) != Z_OK) throw std::bad_alloc();
}

GunzipStream::~GunzipStream() { inflateEnd(&zlib_); }

std::uint64_t GunzipStream::most_bytes() const {
  return packed_->most_bytes() * greatest_expansion;
}

std::size_t GunzipStream::read(std::span<std::uint8_t> out) {
  if (!std::exchange(started_, true)) check_magic();
  zlib_.next_out = out.data();
  zlib_.avail_out = static_cast<uInt>(out.size());
  while (zlib_.avail_out > 0 && !ended_) {
    if (zlib_.avail_in == 0) refill();
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
      end_member();
    else if (result == Z_BUF_ERROR)
      throw damaged(name(), "is cut short: its gzip data does not end within its " +
                                std::to_string(input_offset_) +
                                " bytes; expected a checksum and a length at its end");
    else if (result == Z_MEM_ERROR)
      throw std::bad_alloc();
    else if (result != Z_OK)
      throw damaged(name(), "its gzip data is damaged before byte " +
                                std::to_string(input_offset_ - zlib_.avail_in) + ": " +
                                (zlib_.msg != nullptr ? zlib_.msg : "not deflated") +
                                "; expected data that unpacks, with its checksum and length");
  }
  return out.size() - zlib_.avail_out;
}

void GunzipStream::refill() {
  const std::size_t count = packed_->read(input_);
  zlib_.next_in = input_.data();
  zlib_.avail_in = static_cast<uInt>(count);
  input_offset_ += count;
}

void GunzipStream::check_magic() {
  refill();
  if (zlib_.avail_in == 0) throw damaged(name(), "is empty; expected gzip data");
  if (zlib_.avail_in >= 2 && input_[0] == 0x1f && input_[1] == 0x8b) return;
  if (input_[0] == '<')
    throw damaged(
        name(),
        "is not gzip but looks like a web page, maybe a server's error message; expected gzip "
        "data, which begins with the bytes 1f 8b");
  if (zlib_.avail_in >= 4 && input_[0] == 0 && input_[1] == 0 && input_[2] == 8)
    throw damaged(
        name(),
        "is not gzip but an unpacked IDX file, whose name should not end in .gz; expected "
        "gzip data, which begins with the bytes 1f 8b");
  throw damaged(name(), "is not gzip: it does not begin with the expected bytes 1f 8b");
}

void GunzipStream::end_member() {
  if (zlib_.avail_in == 0) refill();
  if (zlib_.avail_in == 0)
    ended_ = true;
  else if (*zlib_.next_in == 0x1f)
    inflateReset(&zlib_);
  else
    throw damaged(name(), "something that is not gzip follows its gzip data, which ends at byte " +
                              std::to_string(input_offset_ - zlib_.avail_in) +
                              "; expected the end of the file there");
}

}  // namespace mnist
