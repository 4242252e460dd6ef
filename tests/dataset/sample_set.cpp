#include "dataset/sample_set.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <fstream>
#include <iterator>
#include <span>

#include "dataset/sha256.hpp"

namespace mnist {
namespace {

std::string sha256_of(std::string_view bytes) {
  return sha256_hex(std::as_bytes(std::span(bytes)));
}

std::string noise(std::size_t size, std::uint32_t state, std::uint32_t below) {
  std::string bytes;
  while (bytes.size() < size) {
    state = state * 1664525u + 1013904223u;  // Numerical Recipes' quick generator
    bytes += static_cast<char>((state >> 16) % below);
  }
  return bytes;
}

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&zlib, bytes.size()), '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.avail_in = static_cast<uInt>(bytes.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& dimensions,
                std::string_view values) {
  std::string bytes;
  const auto append = [&](std::uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);
  };
  append(magic);
  for (const std::uint32_t dimension : dimensions) append(dimension);
  return bytes.append(values);
}

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary);
  stream << bytes;
  stream.flush();
  ASSERT_TRUE(stream) << file;
}

std::string read_whole(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "mnist-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

SampleSet::SampleSet(std::uint32_t seed) {
  unpacked = {idx(0x803, {50, 28, 28}, noise(50 * 784, seed, 256)),
              idx(0x801, {50}, noise(50, seed + 1, 10)),
              idx(0x803, {20, 28, 28}, noise(20 * 784, seed + 2, 256)),
              idx(0x801, {20}, noise(20, seed + 3, 10))};
  catalogue.name = "sample";
  const std::array names{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                         "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
  std::string all;
  for (std::size_t i = 0; i < data_file_count; ++i) {
    packed[i] = gzip(unpacked[i]);
    catalogue.files[i] = {.name = names[i],
                          .bytes = packed[i].size(),
                          .sha256 = sha256_of(packed[i]),
                          .unpacked_bytes = unpacked[i].size(),
                          .unpacked_sha256 = sha256_of(unpacked[i])};
    all += unpacked[i];
  }
  catalogue.sha256 = sha256_of(all);
}

void SampleSet::write_packed(const std::filesystem::path& folder) const {
  for (std::size_t i = 0; i < data_file_count; ++i)
    write_file(folder / catalogue.files[i].name, packed[i]);
}

}  // namespace mnist
