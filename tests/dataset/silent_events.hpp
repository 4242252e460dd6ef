// Of a data set that is obtained while nobody wants to know.
#pragma once

#include "dataset/obtain.hpp"

namespace mnist {

class SilentEvents final : public DataEvents {
 public:
  void fetching(const std::string&, std::uint64_t, const std::filesystem::path&) override {}
  void mirror_failed(const std::string&, const std::string&) override {}
  void downloaded(const std::string&, std::uint64_t) override {}
  void extracting(const std::filesystem::path&) override {}
  void progress(std::uint64_t, std::uint64_t) override {}
  void warning(const std::string&) override {}
};

}  // namespace mnist
