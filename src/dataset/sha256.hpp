// SHA-256 (FIPS 180-4), by which files and parameters are known.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace mnist {

class Sha256 {
 public:
  Sha256();

  void update(std::span<const std::byte> bytes);

  // The hash of all bytes so far. Ends the computation.
  std::array<std::byte, 32> digest();

  // The same as 64 lower-case hexadecimal digits.
  std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// The hash of `bytes` alone.
std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace mnist
